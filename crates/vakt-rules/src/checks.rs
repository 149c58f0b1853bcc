//! Every diagnostic that this crate can give: its stable name, how grave it is, what it means.
//!
//! An error marks what the Sigma specification, its JSON schemas or this engine cannot accept. A
//! rule with an error in its metadata alone still runs; one with an error in its log source,
//! detection, condition or correlation is
//! refused, unless what it means is plain (`search-type`, a list that is one text).

use crate::diagnostic::Severity;

/// A diagnostic's name and meaning.
#[derive(Debug, PartialEq, Eq)]
pub struct Check {
    /// Kebab-case; scripts and silencing comments rely on it, so it never changes.
    pub name: &'static str,
    pub severity: Severity,
    pub meaning: &'static str,
}

macro_rules! checks {
    ($($constant:ident $severity:ident $name:literal $meaning:literal)*) => {
        $(
            #[doc = $meaning]
            pub(crate) static $constant: Check = Check {
                name: $name,
                severity: Severity::$severity,
                meaning: $meaning,
            };
        )*
        /// All checks, grouped by the part of a rule that they look at.
        pub static CHECKS: &[&Check] = &[$(&$constant),*];
    };
}

checks! {
    YAML_SYNTAX Error "yaml-syntax" "The text is not YAML."
    TEXT_ENCODING Error "text-encoding" "The file is not UTF-8: what could not be read matches nothing."
    YAML_BOUNDS Error "yaml-bounds" "The file is too large, too deeply nested, or grows too much by its aliases."
    YAML_ALIAS Error "yaml-alias" "An alias names an anchor that does not stand before it, or a merge key is given something other than a map."
    YAML_TAG Error "yaml-tag" "A text begins with `!` or `&`, which YAML reads as a tag or an anchor and not as part of the text."
    YAML_KEY Error "yaml-key" "A key is a list or a map."
    DUPLICATE_KEY Error "duplicate-key" "A map has the same key twice; only one of the two would count."
    DOCUMENT_KIND Error "document-kind" "A document is not a map, or is neither a rule nor a correlation nor a filter."
    ACTION_UNKNOWN Error "action-unknown" "`action` is none of global, reset, repeat."

    TOO_MANY_FAULTS Error "too-many-faults" "A file has more findings than are shown."

    KEY_UNKNOWN Warning "key-unknown" "A key looks like a misspelt one, or is not known where only known keys have a meaning."
    METADATA_TYPE Error "metadata-type" "A key of the metadata has a value of the wrong type."
    METADATA_DUPLICATE Error "metadata-duplicate" "A list whose items must be unique has one twice."
    METADATA_SHORT Error "metadata-short" "An entry of `falsepositives` or `scope` has fewer than two characters."
    TITLE_MISSING Error "title-missing" "A rule has no title."
    TITLE_LENGTH Error "title-length" "A title is empty or longer than 256 characters."
    NAME_LENGTH Error "name-length" "A name or taxonomy is longer than 256 characters."
    DESCRIPTION_LENGTH Error "description-length" "A description is longer than 65,535 characters."
    ID_FORMAT Error "id-format" "An id is no UUID."
    ID_DUPLICATE Error "id-duplicate" "Two rules have the same id."
    NAME_DUPLICATE Error "name-duplicate" "Two rules have the same name."
    STATUS_UNKNOWN Error "status-unknown" "A status is none of stable, test, experimental, deprecated, unsupported."
    LEVEL_UNKNOWN Error "level-unknown" "A level is none of informational, low, medium, high, critical."
    DATE_FORMAT Error "date-format" "A date is not of the form YYYY-MM-DD, or no day of the calendar."
    TAG_FORMAT Error "tag-format" "A tag is not of the form namespace.name in lower case."
    RELATED_FORMAT Error "related-format" "An entry of `related` lacks an id or a type, or its type is not known."
    VAKT_KEY Error "vakt-key" "Our own `vakt` key holds something that it cannot hold."

    LOGSOURCE_MISSING Error "logsource-missing" "A rule has no log source, or an empty one."
    LOGSOURCE_UNKNOWN Warning "logsource-unknown" "Nothing in this installation can produce events of the log source."

    DETECTION_MISSING Error "detection-missing" "A rule has no detection, or one without searches."
    DETECTION_SIZE Error "detection-size" "A rule has more searches than one may have."
    SEARCH_EMPTY Error "search-empty" "A search is empty, or is not made of maps, lists and texts."
    SEARCH_TYPE Error "search-type" "A search is neither a map nor a list, or its list has something else than texts, whole numbers and maps."
    SEARCH_UNUSED Warning "search-unused" "The condition does not use a search."
    TIMEFRAME_OBSOLETE Warning "timeframe-obsolete" "`timeframe` belongs to the old aggregations and has no effect."
    VALUE_LIST_EMPTY Error "value-list-empty" "A list of values is empty."
    VALUE_TYPE Error "value-type" "A value is not of the type that its modifiers or its place ask for."
    VALUE_NULL_IN_LIST Error "value-null-in-list" "`null` stands in a list of values, where Sigma does not allow it."
    VALUE_VARIANTS Error "value-variants" "The modifiers multiply a value into too many."
    ALL_SINGLE_VALUE Error "all-single-value" "`all` has a single value, which Sigma does not allow."
    MODIFIER_UNKNOWN Error "modifier-unknown" "A modifier is not known."
    MODIFIER_ORDER Error "modifier-order" "A modifier stands before or after one that it cannot follow or precede."
    MODIFIER_COMBINATION Error "modifier-combination" "Two modifiers exclude each other."
    MODIFIER_REDUNDANT Warning "modifier-redundant" "A modifier changes nothing."
    WILDCARD_ENCODED Error "wildcard-encoded" "A wildcard stands in a value that is encoded (base64, utf16)."
    ENCODING_TEXT Error "encoding-text" "An encoded value is no text; it must go through base64."
    ENCODING_SHORT Error "encoding-short" "A value is so short that one of its base64 offsets is empty and would match everything."
    PLACEHOLDER_UNRESOLVED Error "placeholder-unresolved" "`expand` names a placeholder without configured values."
    CIDR_FORMAT Error "cidr-format" "A network is neither of the form ADDRESS/BITS nor an address, or has host bits set."
    REGEX_SYNTAX Error "regex-syntax" "A regular expression cannot be read."
    REGEX_UNSUPPORTED Error "regex-unsupported" "A regular expression uses look-around or back-references, which no linear-time engine has."
    REGEX_SIZE Error "regex-size" "A regular expression is too large when written out."

    CONDITION_MISSING Error "condition-missing" "A detection has no condition, or an empty one."
    CONDITION_SYNTAX Error "condition-syntax" "A condition cannot be read."
    CONDITION_CASE Error "condition-case" "An operator of a condition is not in lower case."
    CONDITION_AGGREGATION Error "condition-aggregation" "A condition has an aggregation of the old form (`| count() …`, `| near …`)."
    CONDITION_SEARCH_UNKNOWN Error "condition-search-unknown" "A condition names a search that does not exist."
    CONDITION_PATTERN_EMPTY Error "condition-pattern-empty" "`1 of` or `all of` matches no search."

    CORRELATION_KEY Error "correlation-key" "A key of a correlation is missing or unknown, or has a value of the wrong type."
    CORRELATION_TYPE Error "correlation-type" "The type of a correlation is not known."
    CORRELATION_TIMESPAN Error "correlation-timespan" "A time span is not a number followed by s, m, h or d, or is out of bounds."
    CORRELATION_CONDITION Error "correlation-condition" "The condition of a correlation is missing, or does not fit its type."
    CORRELATION_ALIAS Error "correlation-alias" "An alias does not fit the rules of its correlation."
    CORRELATION_ALIAS_UNUSED Warning "correlation-alias-unused" "An alias is not used in `group-by`."
    CORRELATION_RULE_UNKNOWN Error "correlation-rule-unknown" "A correlation refers to a rule that does not exist."
    CORRELATION_RULE_REFUSED Error "correlation-rule-refused" "A correlation refers to a rule that was refused or skipped."
    CORRELATION_CYCLE Error "correlation-cycle" "A correlation feeds itself."

    PIPELINE_KEY Error "pipeline-key" "A processing pipeline lacks a key, has one that is not known, or one with a value that it cannot have."
    PIPELINE_TYPE Error "pipeline-type" "A step, a condition or an option of a processing pipeline is of a type that is not known."
    PIPELINE_CONDITION Error "pipeline-condition" "The conditions of a step are joined in a way that cannot be read, or name a condition that is not there."
    PIPELINE_UNSUPPORTED Error "pipeline-unsupported" "A step works on the text of queries, or calls Python; evaluation has neither."
    PIPELINE_NO_EFFECT Warning "pipeline-no-effect" "A part of a processing pipeline changes nothing here."
    PIPELINE_FAILURE Error "pipeline-failure" "A processing pipeline refuses a rule, or cannot be applied to it."

    FILTER_KEY Error "filter-key" "A filter lacks rules, searches or a condition, or has a key that it cannot have."
    FILTER_RULE_UNKNOWN Error "filter-rule-unknown" "A filter names a rule that does not exist, or a correlation."
}

#[cfg(test)]
mod tests {
    use super::CHECKS;

    #[test]
    fn names_are_unique_and_kebab_case() {
        let mut names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        for name in &names {
            assert!(
                name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'),
                "{name}"
            );
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
