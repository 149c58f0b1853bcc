//! Numbers that are the same in every run.

/// A small generator (xorshift64*).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        // Neighbouring seeds must not begin alike, and the state must not be 0.
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    #[expect(clippy::should_implement_trait, reason = "an iterator could end")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    pub fn index(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).unwrap_or(0)
    }

    pub fn of<'a, T: ?Sized>(&mut self, items: &[&'a T]) -> &'a T {
        items[self.index(items.len())]
    }

    /// As values repeat in logs: few of them make up most, and the others still come.
    pub fn skewed<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        let mut bound = items.len();
        for _ in 0..2 {
            bound = self.index(bound) + 1;
        }
        &items[self.index(bound)]
    }

    /// A rank below `count` after Zipf's law with exponent 1: the first about twice as often as the
    /// second, ten times as often as the tenth, as users, hosts and addresses come in logs.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a share between 0 and 1 and a rank far below 2^53"
    )]
    pub fn zipf(&mut self, count: u64) -> u64 {
        let share = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        let rank = ((count + 1) as f64).powf(share) as u64;
        rank.clamp(1, count) - 1
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for end in (1..items.len()).rev() {
            let other = self.index(end + 1);
            items.swap(end, other);
        }
    }
}
