//! The bounds of correlation state.

/// Groups kept for one correlation; beyond, the one touched least recently goes. As many as
/// a /16 network has addresses: a scan of one is still told apart from an attack on one host.
pub const GROUPS_MAX: usize = 65_536;

/// Events kept for one correlation, over all groups (some 64 bytes each, so about 16 MiB).
pub const EVENTS_MAX: usize = 262_144;

/// Events kept for one group, unless the threshold asks for more; beyond, the oldest goes. Ten
/// failures or a thousand addresses are typical thresholds.
pub const GROUP_EVENTS_MAX: usize = 10_000;

/// A threshold above this cannot be reached, so that one group never takes all of [`EVENTS_MAX`].
pub const GROUP_EVENTS_LIMIT: usize = EVENTS_MAX / 2;

/// The most events that one is taken to stand for: daemons write a summary at least every few
/// minutes, and no sender shall reach any threshold with one line.
pub const REPEAT_MAX: u32 = 1_000;

/// Positions in one firing: more is no evidence that a person reads.
pub const FIRING_EVENTS_MAX: usize = 1_000;

/// Of those, the oldest: how it began is asked first, and the newest alone do not tell.
pub const FIRING_OLDEST_EVENTS: usize = 50;

/// Bytes of a value that groups or is counted; of what is longer, the beginning and a hash are kept. Longer
/// than any name of an account, host or path that a rule groups by.
pub const VALUE_BYTES_MAX: usize = 1_024;

/// How far back an earlier firing of the same inner group is looked for, in events, to keep the
/// positions of its window only once. The usual one is the last.
pub const INNER_LOOK_BACK: usize = 64;
