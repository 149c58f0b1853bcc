//! What a route tests of events whose names are known by their [`vakt_event::Layout`].

use hashbrown::HashMap;

use super::AtomId;

/// Layouts that are remembered for a route; when there are more, all are forgotten.
const LAYOUTS_MAX: usize = 128;

/// Of layouts with more tested fields or atoms nothing is remembered.
const TESTED_MAX: usize = 64;

/// The layouts of a route: at most some 128 KiB.
#[derive(Default)]
pub(super) struct Layouts {
    tested: HashMap<u64, Option<Tested>>,
}

/// What is to be done for an event of a layout.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tested {
    /// Where the tested fields stand, and their numbers.
    pub(super) fields: Vec<(u32, u32)>,
    /// What holds because fields stand inside others.
    pub(super) present: Vec<AtomId>,
    /// Fields that have been looked at.
    seen: u32,
}

impl Tested {
    /// Takes in the next field: its number, if it is tested, and what holds because it is there.
    pub(super) fn add<'p>(
        &mut self,
        field: Option<u32>,
        present: impl Iterator<Item = &'p AtomId>,
    ) {
        if self.fields.len() + self.present.len() <= TESTED_MAX {
            self.fields.extend(field.map(|field| (self.seen, field)));
            self.present.extend(present);
        }
        self.seen += 1;
    }
}

impl Layouts {
    /// What is tested of a layout; `find_out` is asked where it is not known. `None` where it is too much to
    /// be remembered.
    pub(super) fn tested(
        &mut self,
        layout: u64,
        find_out: impl FnOnce(&mut Tested),
    ) -> Option<&Tested> {
        if self.tested.len() >= LAYOUTS_MAX && !self.tested.contains_key(&layout) {
            self.tested.clear();
        }
        let tested = self.tested.entry(layout).or_insert_with(|| {
            let mut tested = Tested::default();
            find_out(&mut tested);
            tested.present.sort_unstable();
            tested.present.dedup();
            (tested.fields.len() + tested.present.len() <= TESTED_MAX).then_some(tested)
        });
        tested.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layout_is_found_out_once() {
        let mut layouts = Layouts::default();
        for _ in 0..2 {
            let mut asked = 0;
            let tested = layouts.tested(7, |tested| {
                asked += 1;
                tested.add(None, [3, 3].iter());
                tested.add(Some(9), [2].iter());
            });
            let tested = tested.unwrap();
            assert_eq!(tested.fields, [(1, 9)]);
            assert_eq!(tested.present, [2, 3]);
            assert!(asked <= 1);
        }
        assert_eq!(layouts.tested.len(), 1);
    }

    #[test]
    fn layouts_are_bounded() {
        let mut layouts = Layouts::default();
        for layout in 0..3 * LAYOUTS_MAX as u64 {
            assert!(layouts.tested(layout, |_| ()).is_some());
            assert!(layouts.tested.len() <= LAYOUTS_MAX);
        }
        let many = |tested: &mut Tested| {
            (0..1_000).for_each(|field| tested.add(Some(field), [field].iter()));
        };
        assert_eq!(layouts.tested(u64::MAX, many), None);
        assert_eq!(layouts.tested(u64::MAX, |_| panic!("it is known")), None);
    }
}
