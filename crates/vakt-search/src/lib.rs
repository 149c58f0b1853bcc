//! vakt-search
