//! Of a rule, a query that finds everything that the rule can match, and more.
//!
//! | part of the rule | what is asked of the index |
//! |---|---|
//! | text with wildcards | the field has each of its literal parts in it; with none, the field is there |
//! | a whole number | the field is that number, however it is written |
//! | regular expression | the field has one of the texts in it that every match has; with none known, it is there |
//! | `cidr`, comparison, part of a date, another field | the fields are there |
//! | a keyword, `null`, `exists`, `not` | everything: what is not there, or in no field, is in no index |
//!
//! Only runs of ASCII characters are looked for: rules and searches fold the case of all others in
//! different ways, and a character that folds to ASCII does so in both.

use vakt_codec::Joined;
use vakt_detect::regex::required_literals;
use vakt_event::alias::canonical;
use vakt_event::ecs;
use vakt_rules::ast::{Condition, Detection, Pattern, Predicate, Rule, RuleSet, Test, Token};
use vakt_search::Query;

/// Tests that the query of one hunt has at most: each is a look into every split. What is beyond is not
/// asked of the index.
const TESTS_MAX: usize = 256;

/// Alternatives for one field: with more of them, as a list of indicators has, it is asked only
/// whether the field is there. Each alternative is a look at every value of a column.
const ALTERNATIVES_MAX: usize = 64;

/// Names under which a search sees what Vakt knows, in place of what a rule sees in the event.
const OWN: [&str; 7] = [
    ecs::TIMESTAMP,
    ecs::EVENT_INGESTED,
    ecs::EVENT_ID,
    ecs::EVENT_ORIGINAL,
    ecs::ERROR_MESSAGE,
    ecs::VAKT_STREAM,
    ecs::VAKT_PEER,
];

/// The query for a set of rules; what feeds correlations is among the rules.
pub(super) fn of(rules: &RuleSet) -> Query {
    let mut sieve = Sieve { left: TESTS_MAX };
    let mut parts: Vec<Query> = Vec::new();
    for rule in &rules.rules {
        parts.push(sieve.rule(rule));
        // An execution is joined of records of which none may show what the rule looks for.
        if Joined::LOG_SOURCE.satisfies(&rule.log_source) {
            parts.push(Query::exists(Joined::ID_FIELD));
        }
    }
    Query::any_of(parts)
}

struct Sieve {
    left: usize,
}

impl Sieve {
    fn rule(&mut self, rule: &Rule) -> Query {
        self.condition(&rule.condition, rule)
    }

    fn condition(&mut self, condition: &Condition, rule: &Rule) -> Query {
        match condition {
            Condition::Search(index) => match rule.searches.get(*index) {
                Some(search) => self.detection(&search.detection),
                None => Query::any_of([]),
            },
            Condition::Not(_) => Query::default(),
            Condition::All(parts) => {
                let parts: Vec<Query> = parts.iter().map(|p| self.condition(p, rule)).collect();
                Query::all_of(parts)
            }
            Condition::Any(parts) => {
                let parts: Vec<Query> = parts.iter().map(|p| self.condition(p, rule)).collect();
                Query::any_of(parts)
            }
        }
    }

    fn detection(&mut self, detection: &Detection) -> Query {
        match detection {
            Detection::Not(_) => Query::default(),
            Detection::Is(predicate) => self.predicate(predicate),
            Detection::All(parts) => {
                let parts: Vec<Query> = parts.iter().map(|part| self.detection(part)).collect();
                Query::all_of(parts)
            }
            Detection::Any(parts) if parts.len() > ALTERNATIVES_MAX => self.many(parts),
            Detection::Any(parts) => {
                let parts: Vec<Query> = parts.iter().map(|part| self.detection(part)).collect();
                Query::any_of(parts)
            }
        }
    }

    /// A long list of values: whether the fields are there that are asked.
    fn many(&mut self, parts: &[Detection]) -> Query {
        let mut there: Vec<Query> = Vec::new();
        for part in parts {
            let Detection::Is(predicate) = part else {
                return Query::default();
            };
            let Some(field) = asked(predicate) else {
                return Query::default();
            };
            let exists = Query::exists(field);
            if !there.contains(&exists) {
                there.push(exists);
            }
            if there.len() > ALTERNATIVES_MAX {
                return Query::default();
            }
        }
        self.left = self.left.saturating_sub(there.len());
        Query::any_of(there)
    }

    fn predicate(&mut self, predicate: &Predicate) -> Query {
        let Some(field) = asked(predicate) else {
            return Query::default();
        };
        let query = match &predicate.test {
            Test::Text(pattern) => text(field, pattern),
            Test::Regex(source) => match required_literals(source) {
                Some(literals) => Query::any_of(
                    literals
                        .iter()
                        .map(|literal| having(field, [literal.as_str()])),
                ),
                None => Query::exists(field),
            },
            Test::FieldRef { field: other, .. } if !is_own(other) => {
                Query::all_of([Query::exists(field), Query::exists(other)])
            }
            _ => Query::exists(field),
        };
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                query
            }
            None => Query::default(),
        }
    }
}

/// The field of which some value, that is not null, must pass the test; `None` where no value has to, or
/// a search sees other values.
fn asked(predicate: &Predicate) -> Option<&str> {
    let field = predicate.field.as_deref()?;
    let needs_value = !matches!(predicate.test, Test::Null | Test::Exists(_));
    (needs_value && !is_own(field)).then_some(field)
}

fn is_own(field: &str) -> bool {
    OWN.contains(&canonical(field))
}

fn text(field: &str, pattern: &Pattern) -> Query {
    let is_whole = !(pattern.tokens.iter()).any(|token| matches!(token, Token::Many | Token::One));
    if is_whole && !pattern.cased {
        // `4688` is also what writes that number in another way.
        let written: String = pattern
            .tokens
            .iter()
            .map(|token| match token {
                Token::Literal(literal) => literal.as_str(),
                _ => "-",
            })
            .collect();
        if let Some(number) = Query::equals_number(field, &written) {
            return match pattern.tokens.as_slice() {
                [Token::Literal(_)] => number,
                _ => Query::exists(field),
            };
        }
    }
    let literals = pattern.tokens.iter().filter_map(|token| match token {
        Token::Literal(literal) => Some(literal.as_str()),
        _ => None,
    });
    having(field, literals)
}

/// The field has all of the texts in it, as far as they are ASCII.
fn having<'t>(field: &str, texts: impl IntoIterator<Item = &'t str>) -> Query {
    let runs = texts
        .into_iter()
        .flat_map(|text| text.split(|c: char| !c.is_ascii()))
        .filter(|run| !run.is_empty());
    let parts: Vec<Query> = runs.map(|run| Query::contains(field, run)).collect();
    if parts.is_empty() {
        return Query::exists(field);
    }
    Query::all_of(parts)
}
