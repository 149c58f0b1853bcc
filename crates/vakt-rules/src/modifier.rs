//! The modifiers of a field, read from left to right into what they ask for together.

use crate::ast::{Comparison, Relation, TimePart};
use crate::checks;
use crate::diagnostic::Report;
use crate::source::Span;
use crate::suggest;

/// What the modifiers of one field come to (Sigma modifiers appendix 2.1).
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Chain {
    pub(crate) target: Target,
    /// `all`: the values are linked by AND.
    pub(crate) all: bool,
    /// `neq`: the whole item is negated.
    pub(crate) negated: bool,
    pub(crate) cased: bool,
    pub(crate) expand: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    Text(Vec<TextStep>),
    Regex(RegexFlags),
    Cidr,
    Compare(Comparison),
    FieldRef(Relation),
    Exists,
    /// A part of a date, and how it is compared; `None` is equality.
    Time(TimePart, Option<Comparison>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextStep {
    Around(Relation),
    Base64,
    Base64Offset,
    Utf16(Utf16),
    Windash,
}

impl TextStep {
    pub(crate) fn encodes(self) -> bool {
        matches!(self, Self::Base64 | Self::Base64Offset | Self::Utf16(_))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Utf16 {
    LittleEndian,
    BigEndian,
    /// Little endian after a byte order mark.
    Marked,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct RegexFlags {
    pub(crate) insensitive: bool,
    pub(crate) multi_line: bool,
    pub(crate) single_line: bool,
    /// `startswith`, `endswith`; `contains` is what a search does anyway.
    pub(crate) relation: Option<Relation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Modifier {
    All,
    Neq,
    Cased,
    Expand,
    Exists,
    Re,
    Flag,
    Cidr,
    FieldRef,
    Around(Relation),
    Step(TextStep),
    Compare(Comparison),
    Time(TimePart),
}

const MODIFIERS: &[(&str, Modifier)] = &[
    ("all", Modifier::All),
    ("neq", Modifier::Neq),
    ("cased", Modifier::Cased),
    ("expand", Modifier::Expand),
    ("exists", Modifier::Exists),
    ("re", Modifier::Re),
    ("i", Modifier::Flag),
    ("m", Modifier::Flag),
    ("s", Modifier::Flag),
    ("cidr", Modifier::Cidr),
    ("fieldref", Modifier::FieldRef),
    ("contains", Modifier::Around(Relation::Contains)),
    ("startswith", Modifier::Around(Relation::StartsWith)),
    ("endswith", Modifier::Around(Relation::EndsWith)),
    ("base64", Modifier::Step(TextStep::Base64)),
    ("base64offset", Modifier::Step(TextStep::Base64Offset)),
    ("utf16", Modifier::Step(TextStep::Utf16(Utf16::Marked))),
    (
        "utf16le",
        Modifier::Step(TextStep::Utf16(Utf16::LittleEndian)),
    ),
    ("wide", Modifier::Step(TextStep::Utf16(Utf16::LittleEndian))),
    ("utf16be", Modifier::Step(TextStep::Utf16(Utf16::BigEndian))),
    ("windash", Modifier::Step(TextStep::Windash)),
    ("lt", Modifier::Compare(Comparison::Less)),
    ("lte", Modifier::Compare(Comparison::LessOrEqual)),
    ("gt", Modifier::Compare(Comparison::Greater)),
    ("gte", Modifier::Compare(Comparison::GreaterOrEqual)),
    ("minute", Modifier::Time(TimePart::Minute)),
    ("hour", Modifier::Time(TimePart::Hour)),
    ("day", Modifier::Time(TimePart::Day)),
    ("week", Modifier::Time(TimePart::Week)),
    ("month", Modifier::Time(TimePart::Month)),
    ("year", Modifier::Time(TimePart::Year)),
];

/// Words of other query languages, and what says the same here.
const OTHER_WORDS: [(&str, &str); 8] = [
    ("in", "leave it out: a list of values is OR already"),
    ("any", "leave it out: a list of values is OR already"),
    ("or", "leave it out: a list of values is OR already"),
    ("and", "write `all`"),
    (
        "eq",
        "leave it out: a value is the whole value unless a modifier says otherwise",
    ),
    (
        "equals",
        "leave it out: a value is the whole value unless a modifier says otherwise",
    ),
    (
        "not",
        "write `neq`, or `not` before a search of its own in the condition",
    ),
    ("regex", "write `re`"),
];

/// Why a modifier cannot stand where it stands.
enum Refusal {
    /// It must come earlier or later; the text is the help.
    Order(String),
    Combination(String),
}

/// Reads the modifiers that follow a field's name. `words` holds each with its span. `None` when
/// one was refused; then the report says why.
pub(crate) fn read(words: &[(&str, Span)], report: &mut Report<'_>) -> Option<Chain> {
    let mut chain = Chain {
        target: Target::Text(Vec::new()),
        all: false,
        negated: false,
        cased: false,
        expand: false,
    };
    let mut whole = true;
    for (word, span) in words {
        let Some((_, modifier)) = MODIFIERS.iter().find(|(name, _)| name == word) else {
            unknown(word, span, report);
            whole = false;
            continue;
        };
        match chain.apply(word, *modifier) {
            Ok(true) => {}
            Ok(false) => report.add(
                &checks::MODIFIER_REDUNDANT,
                span,
                format!("`{word}` changes nothing here"),
                "leave it out",
            ),
            Err(refusal) => {
                whole = false;
                let (check, message, help) = match refusal {
                    Refusal::Order(help) => (
                        &checks::MODIFIER_ORDER,
                        format!("`{word}` cannot stand at this place"),
                        help,
                    ),
                    Refusal::Combination(help) => (
                        &checks::MODIFIER_COMBINATION,
                        format!("`{word}` does not go with the modifiers before it"),
                        help,
                    ),
                };
                report.add(check, span, message, help);
            }
        }
    }
    if let (Target::Exists | Target::Regex(_), Some((_, span))) = (
        &chain.target,
        words.iter().find(|(word, _)| *word == "cased"),
    ) && chain.cased
    {
        report.add(
            &checks::MODIFIER_REDUNDANT,
            span,
            "`cased` changes nothing here",
            "leave it out: `re` is case-sensitive unless `i` follows it, and `exists` compares nothing",
        );
    }
    whole.then_some(chain)
}

fn unknown(word: &str, span: &Span, report: &mut Report<'_>) {
    let other_word = OTHER_WORDS.iter().find(|(known, _)| *known == word);
    let near = suggest::nearest(word, MODIFIERS.iter().map(|(name, _)| *name));
    let help = match near {
        _ if let Some((_, help)) = other_word => (*help).to_owned(),
        Some(near) => format!("did you mean `{near}`?"),
        None if word.is_empty() => "remove the stray `|`".to_owned(),
        None => {
            let names: Vec<&str> = MODIFIERS.iter().map(|(name, _)| *name).collect();
            format!("the modifiers are {}", names.join(", "))
        }
    };
    let message = format!("there is no modifier `{word}`");
    report.add(&checks::MODIFIER_UNKNOWN, span, message, help);
}

const EXPAND_HELP: &str = "`expand` replaces placeholders in texts, in networks (`cidr`) and in regular expressions (`re`) only: write the number, the date or the name of the field itself";

/// Whether placeholders can stand in the values.
fn expands(target: &Target) -> bool {
    matches!(target, Target::Text(_) | Target::Cidr | Target::Regex(_))
}

impl Chain {
    /// Whether a modifier says where in a text the value stands.
    pub(crate) fn places(&self) -> bool {
        match &self.target {
            Target::Text(steps) => steps.iter().any(|step| matches!(step, TextStep::Around(_))),
            _ => false,
        }
    }

    /// `Ok(false)` when the modifier changes nothing.
    fn apply(&mut self, word: &str, modifier: Modifier) -> Result<bool, Refusal> {
        match modifier {
            Modifier::All => Ok(!std::mem::replace(&mut self.all, true)),
            Modifier::Neq => Ok(!std::mem::replace(&mut self.negated, true)),
            Modifier::Cased => match self.target {
                Target::Text(_) | Target::FieldRef(_) | Target::Regex(_) | Target::Exists => {
                    Ok(!std::mem::replace(&mut self.cased, true))
                }
                _ => Err(Refusal::Combination(
                    "`cased` is for texts; networks, numbers and dates have no case".to_owned(),
                )),
            },
            Modifier::Expand if expands(&self.target) => {
                Ok(!std::mem::replace(&mut self.expand, true))
            }
            Modifier::Expand => Err(Refusal::Combination(EXPAND_HELP.to_owned())),
            Modifier::Exists => self.replace(word, Target::Exists),
            Modifier::Re => self.replace(word, Target::Regex(RegexFlags::default())),
            Modifier::Cidr => self.replace(word, Target::Cidr),
            Modifier::FieldRef => self.replace(word, Target::FieldRef(Relation::Equals)),
            Modifier::Flag => self.flag(word),
            Modifier::Around(relation) => self.around(word, relation),
            Modifier::Step(step) => self.step(word, step),
            Modifier::Compare(comparison) => match &mut self.target {
                Target::Time(_, how @ None) => {
                    *how = Some(comparison);
                    Ok(true)
                }
                _ => self.replace(word, Target::Compare(comparison)),
            },
            Modifier::Time(part) => self.replace(word, Target::Time(part, None)),
        }
    }

    /// Sets a target that takes the value as it is written, and so must come first.
    fn replace(&mut self, word: &str, target: Target) -> Result<bool, Refusal> {
        if self.expand && !expands(&target) {
            return Err(Refusal::Combination(EXPAND_HELP.to_owned()));
        }
        match &self.target {
            Target::Text(steps) if steps.is_empty() => {
                self.target = target;
                Ok(true)
            }
            Target::Text(_) => Err(Refusal::Order(format!(
                "`{word}` reads the value as it is written, so it comes first: `field|{word}`"
            ))),
            _ => Err(Refusal::Combination(format!(
                "a value is read in one way: use `{word}` in an item of its own"
            ))),
        }
    }

    fn flag(&mut self, word: &str) -> Result<bool, Refusal> {
        let Target::Regex(flags) = &mut self.target else {
            return Err(Refusal::Order(format!(
                "`{word}` is a flag of `re` and follows it: `field|re|{word}`"
            )));
        };
        let flag = match word {
            "i" => &mut flags.insensitive,
            "m" => &mut flags.multi_line,
            _ => &mut flags.single_line,
        };
        Ok(!std::mem::replace(flag, true))
    }

    fn around(&mut self, word: &str, relation: Relation) -> Result<bool, Refusal> {
        let before = match &mut self.target {
            Target::Text(steps) => {
                let before = steps.iter().find_map(|step| match step {
                    TextStep::Around(relation) => Some(*relation),
                    _ => None,
                });
                if before.is_none() {
                    steps.push(TextStep::Around(relation));
                }
                before
            }
            Target::Regex(flags) => flags.relation.replace(relation),
            Target::FieldRef(Relation::Equals) => {
                self.target = Target::FieldRef(relation);
                None
            }
            Target::FieldRef(before) => Some(*before),
            _ => {
                return Err(Refusal::Combination(format!(
                    "`{word}` compares texts: use it in an item of its own"
                )));
            }
        };
        match before {
            None => Ok(true),
            Some(before) if before == relation => Ok(false),
            Some(_) => Err(Refusal::Combination(
                "use one of contains, startswith, endswith; a value can hold wildcards of its own"
                    .to_owned(),
            )),
        }
    }

    fn step(&mut self, word: &str, step: TextStep) -> Result<bool, Refusal> {
        let Target::Text(steps) = &mut self.target else {
            return Err(Refusal::Combination(format!(
                "`{word}` changes a text: it takes no regular expression, network, number or field"
            )));
        };
        let encodes = step.encodes();
        let wildcards_before = steps.iter().any(|step| matches!(step, TextStep::Around(_)));
        if encodes && wildcards_before {
            return Err(Refusal::Order(format!(
                "encode first, then add wildcards: `{word}|contains`"
            )));
        }
        let encoded_before = steps.iter().any(|step| step.encodes());
        if !encodes && encoded_before {
            return Err(Refusal::Order(
                "dashes are exchanged before the text is encoded: put `windash` first".to_owned(),
            ));
        }
        if steps.contains(&step) && !encodes {
            return Ok(false);
        }
        steps.push(step);
        Ok(true)
    }
}
