//! What the commands of a query made of what was found, as the API answers it.

use vakt_api::backend::{SearchAnswer, SearchTable};
use vakt_search::aggregate::{Gathered, Listed};

/// Puts it into the answer; of hits the first `limit`.
pub(super) fn put(gathered: Gathered, limit: usize, answer: &mut SearchAnswer) {
    match gathered {
        Gathered::Hits(Listed { mut hits, cut }) => {
            answer.cut = cut.sentences();
            answer.beyond_limit = hits.len().saturating_sub(limit);
            hits.truncate(limit);
            answer.hits = hits;
        }
        Gathered::Table(table) => {
            answer.table = Some(SearchTable {
                cut: table.cut.sentences(),
                columns: table.columns,
                rows: table.rows,
            });
        }
    }
}
