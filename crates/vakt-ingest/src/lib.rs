//! vakt-ingest
