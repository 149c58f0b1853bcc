//! vakt-detect
