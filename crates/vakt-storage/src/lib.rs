//! vakt-storage
