//! vakt
