//! Which batches of a group commit share a record.

use std::collections::HashMap;

use vakt_event::Batch;

use super::record;

/// A record is not made larger than this by adding another batch to it, 1 MiB: it compresses no better
/// then, and whoever reads one frame decompresses its record.
const RECORD_BYTES_TARGET: usize = 1024 * 1024;

/// Batches of one source, by their numbers, in the order in which they came.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    pub(crate) batches: Vec<usize>,
    /// The most bytes that the record can take.
    pub(crate) bytes_max: usize,
}

/// Groups batches (with their encoded sources). Those of one source stay in their order; a thousand
/// senders of single frames behind one source cost one record.
pub(crate) fn plan(batches: &[(Batch, Vec<u8>)]) -> Vec<Plan> {
    let mut plans: Vec<Plan> = Vec::new();
    let mut open: HashMap<&[u8], usize> = HashMap::new();
    for (number, (batch, source)) in batches.iter().enumerate() {
        let frames = record::frames_bytes_max(&batch.frames);
        let current = open.get(source.as_slice()).copied();
        if let Some(plan) = current.and_then(|index| plans.get_mut(index))
            && plan.bytes_max.saturating_add(frames) <= RECORD_BYTES_TARGET
        {
            plan.batches.push(number);
            plan.bytes_max += frames;
            continue;
        }
        open.insert(source, plans.len());
        plans.push(Plan {
            batches: vec![number],
            bytes_max: frames.saturating_add(record::HEADER_BYTES + source.len()),
        });
    }
    plans
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vakt_event::{Format, Frame, Source, Timestamp, Transport};

    use super::*;

    fn batch(source: &str, bytes: usize) -> (Batch, Vec<u8>) {
        let frame = Frame {
            bytes: vec![b'x'; bytes],
            format: Format::Text,
            received: Timestamp::default(),
            truncated: false,
            cursor: None,
        };
        let of = Source {
            stream: source.to_owned(),
            transport: Transport::Tcp,
            listener: String::new(),
            peer: None,
            zone: None,
            drill: false,
        };
        let batch = Batch {
            source: Arc::new(of),
            frames: vec![frame],
        };
        (batch, source.as_bytes().to_vec())
    }

    #[test]
    fn batches_of_a_source_share_a_record_up_to_its_size() {
        let check = |sizes: &[(&str, usize)], expected: &[&[usize]]| {
            let batches: Vec<_> = sizes.iter().map(|(of, bytes)| batch(of, *bytes)).collect();
            let plans = plan(&batches);
            let numbers: Vec<&[usize]> = plans.iter().map(|one| one.batches.as_slice()).collect();
            assert_eq!(numbers, expected);
            for plan in &plans {
                let source = batches[plan.batches[0]].1.len();
                let frames = plan
                    .batches
                    .iter()
                    .flat_map(|number| &batches[*number].0.frames);
                let frames: Vec<Frame> = frames.cloned().collect();
                assert_eq!(plan.bytes_max, record::bytes_max(source, &frames));
            }
        };
        check(&[], &[]);
        check(
            &[("a", 1), ("b", 1), ("a", 1), ("b", 0)],
            &[&[0, 2], &[1, 3]],
        );
        check(
            &[
                ("a", 600_000),
                ("a", 600_000),
                ("a", 1),
                ("b", 2_000_000),
                ("b", 1),
            ],
            &[&[0], &[1, 2], &[3], &[4]],
        );
    }
}
