//! vakt-incident
