//! Keys that a text starts with, found in one walk that ends where no key goes on.

/// Keys with their values.
type Keys<'k> = &'k [(Vec<u8>, u32)];

/// A trie in three arrays. Walking costs a step a byte, and most walks end after a few.
#[derive(Default)]
pub(super) struct Trie {
    nodes: Vec<Node>,
    /// The edges of all nodes: those of one node side by side, ascending by label.
    labels: Vec<u8>,
    targets: Vec<u32>,
}

#[derive(Clone, Copy)]
struct Node {
    first_edge: u32,
    edges: u16,
    /// The value of the key that ends here, or [`NO_VALUE`].
    value: u32,
}

const NO_VALUE: u32 = u32::MAX;

impl Trie {
    /// `keys` sorted, each once; values below `u32::MAX`.
    pub(super) fn new(keys: Keys<'_>) -> Self {
        let mut trie = Self::default();
        if !keys.is_empty() {
            trie.nodes.push(Node::EMPTY);
            // Nodes whose edges are still to be written: the node, its keys, its depth.
            let mut open = vec![(0usize, keys, 0usize)];
            while let Some((node, keys, depth)) = open.pop() {
                trie.fill(node, keys, depth, &mut open);
            }
        }
        trie
    }

    fn fill<'k>(
        &mut self,
        node: usize,
        keys: Keys<'k>,
        depth: usize,
        open: &mut Vec<(usize, Keys<'k>, usize)>,
    ) {
        let (ending, longer) = keys.split_at(keys.partition_point(|(key, _)| key.len() == depth));
        let first_edge = index(self.labels.len());
        let mut edges = 0;
        for group in longer.chunk_by(|a, b| a.0.get(depth) == b.0.get(depth)) {
            let Some(label) = group.first().and_then(|(key, _)| key.get(depth)) else {
                continue;
            };
            self.labels.push(*label);
            self.targets.push(index(self.nodes.len()));
            open.push((self.nodes.len(), group, depth + 1));
            self.nodes.push(Node::EMPTY);
            edges += 1;
        }
        self.nodes[node] = Node {
            first_edge,
            edges,
            value: ending.first().map_or(NO_VALUE, |(_, value)| *value),
        };
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    pub(super) fn bytes(&self) -> usize {
        self.nodes.len() * size_of::<Node>() + self.labels.len() * (1 + size_of::<u32>())
    }

    /// Calls `found` with the value of every key that `text` starts with.
    pub(super) fn walk(&self, text: impl Iterator<Item = u8>, mut found: impl FnMut(u32)) {
        let Some(mut node) = self.nodes.first() else {
            return;
        };
        let mut text = text;
        loop {
            if node.value != NO_VALUE {
                found(node.value);
            }
            if node.edges == 0 {
                return;
            }
            let Some(byte) = text.next() else {
                return;
            };
            let first = node.first_edge as usize;
            let labels = &self.labels[first..first + usize::from(node.edges)];
            let Some(edge) = labels.iter().position(|label| *label == byte) else {
                return;
            };
            node = &self.nodes[self.targets[first + edge] as usize];
        }
    }
}

impl Node {
    const EMPTY: Self = Self {
        first_edge: 0,
        edges: 0,
        value: NO_VALUE,
    };
}

/// Rule sets are far below 4 G nodes; beyond, the value would be wrong, so it is not cut.
fn index(len: usize) -> u32 {
    u32::try_from(len).unwrap_or_else(|_| unreachable!("a trie of more than 4 G nodes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_every_key_that_the_text_starts_with() {
        let keys = ["", "a", "ab", "abc", "b", "\u{fc}"];
        let keys: Vec<_> = keys
            .iter()
            .zip(0..)
            .map(|(key, value)| (key.as_bytes().to_vec(), value))
            .collect();
        let trie = Trie::new(&keys);
        let check = |text: &str, expected: &[u32]| {
            let mut found = Vec::new();
            trie.walk(text.bytes(), |value| found.push(value));
            assert_eq!(found, expected, "{text}");
        };
        check("", &[0]);
        check("abcd", &[0, 1, 2, 3]);
        check("ac", &[0, 1]);
        check("bb", &[0, 4]);
        check("ü", &[0, 5]);
        check("x", &[0]);
        Trie::new(&[]).walk("a".bytes(), |_| unreachable!());
    }
}
