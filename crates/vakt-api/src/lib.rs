//! vakt-api
