//! vakt-codec
