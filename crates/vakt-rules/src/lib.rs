//! vakt-rules
