//! Which atoms a rule waits for.

use super::AtomId;
use super::expr::Expr;

/// Atoms of which at least one holds whenever the rule matches, or `None` where there is no such
/// set (pure negation, fields that must be absent). An empty set: the rule can never match.
pub(super) fn choose(expr: &Expr, frequency: &[f32]) -> Option<Vec<AtomId>> {
    rarest(expr, frequency).map(|(atoms, _)| atoms)
}

fn rarest(expr: &Expr, frequency: &[f32]) -> Option<(Vec<AtomId>, f32)> {
    match expr {
        Expr::Atom(atom) => Some((vec![*atom], frequency[*atom as usize])),
        Expr::Const(false) => Some((Vec::new(), 0.0)),
        Expr::Const(true) | Expr::Not(_) | Expr::FieldRef(_) => None,
        Expr::All(parts) => parts
            .iter()
            .filter_map(|part| rarest(part, frequency))
            .min_by(|a, b| a.1.total_cmp(&b.1)),
        Expr::Any(parts) => {
            let mut atoms = Vec::new();
            let mut sum = 0.0;
            for part in parts {
                let (more, share) = rarest(part, frequency)?;
                atoms.extend(more);
                sum += share;
            }
            atoms.sort_unstable();
            atoms.dedup();
            Some((atoms, sum))
        }
    }
}
