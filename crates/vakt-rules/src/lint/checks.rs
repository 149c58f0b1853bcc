//! Every check of the linter: its stable name and what it means.
//!
//! All are warnings: what they find is allowed, and most often not what the author wanted.

use crate::checks::Check;
use crate::diagnostic::Severity;

macro_rules! lint_checks {
    ($($constant:ident $name:literal $meaning:literal)*) => {
        $(
            #[doc = $meaning]
            pub(super) static $constant: Check = Check {
                name: $name,
                severity: Severity::Warning,
                meaning: $meaning,
            };
        )*
        /// All checks, grouped by the part of a rule that they look at.
        pub static CHECKS: &[&Check] = &[$(&$constant),*];
    };
}

lint_checks! {
    ID_MISSING "id-missing" "A rule has no id: alerts, filters and correlations have nothing stable to name it by."
    ID_PLACEHOLDER "id-placeholder" "An id is no random UUID, but one that was made up and that others will make up too."
    STATUS_MISSING "status-missing" "A rule does not say how mature it is."
    LEVEL_MISSING "level-missing" "A rule or correlation has no level, so its alerts are of the level informational."
    DESCRIPTION_MISSING "description-missing" "A rule does not say what it finds and why that matters."
    DESCRIPTION_SHORT "description-short" "A description is too short to tell more than the title does, or is the title."
    AUTHOR_MISSING "author-missing" "A rule names nobody to ask."
    DATE_MISSING "date-missing" "A rule does not say when it was written."
    DATE_ORDER "date-order" "A rule was modified before it was written."
    TITLE_STYLE "title-style" "A title ends with a period, is all in capitals, or begins with words that every rule could begin with."
    TITLE_LONG "title-long" "A title is longer than a line of a list of alerts shows."
    TITLE_DUPLICATE "title-duplicate" "Two rules have the same title, so that their alerts look alike."
    REFERENCE_NOT_URL "reference-not-url" "A reference is no http or https address."
    REFERENCE_DUPLICATE "reference-duplicate" "Two references are one address but for its scheme, `www.` or a slash."
    FALSEPOSITIVE_EMPTY "falsepositive-empty" "An entry of `falsepositives` says nothing."
    RELATED_SELF "related-self" "A rule is related to itself."
    RELATED_DUPLICATE "related-duplicate" "`related` names one rule twice."

    TAG_NAMESPACE "tag-namespace" "The namespace of a tag is none of those that Sigma defines."
    TAG_CVE "tag-cve" "A `cve.` tag is not of the form cve.YEAR-NUMBER."
    TAG_TLP "tag-tlp" "A `tlp.` tag is no level of the Traffic Light Protocol 2.0."
    ATTACK_UNKNOWN "attack-unknown" "An `attack.` tag names no tactic, technique, group or software of ATT&CK."
    ATTACK_RETIRED "attack-retired" "An `attack.` tag names a technique or tactic that ATT&CK has revoked or deprecated."
    ATTACK_TACTIC_MISSING "attack-tactic-missing" "A rule has a technique's tag, and none of the tactics that the technique serves."
    ATTACK_TACTIC_ALONE "attack-tactic-alone" "A rule has a tactic's tag, and all its techniques serve other tactics."
    ATTACK_TECHNIQUE_MISSING "attack-technique-missing" "A rule has tactics and no technique (with `--strict`)."
    ATTACK_PARENT_BESIDE_SUB "attack-parent-beside-sub" "A rule has the tags of a technique and of its sub-technique, of which the second says both."

    LOGSOURCE_UNUSUAL "logsource-unusual" "No public rule and nothing in this installation has such a log source."
    LOGSOURCE_CASE "logsource-case" "A part of a log source is not in lower case, as the taxonomy has it."
    LOGSOURCE_WIDE "logsource-wide" "A log source is a product alone: the rule looks at every event of it."
    EVENTID_IMPLIED "eventid-implied" "A rule asks for the event id that its category already means."
    EVENTID_FOR_CATEGORY "eventid-for-category" "A rule asks for a service and an event id where a category would fit other sources of such events too."
    FIELD_UNKNOWN "field-unknown" "A field is not known for the log source, and looks like a misspelt one."
    FIELD_CASE "field-case" "A field differs from a known one in upper and lower case, which fields keep apart."
    FIELD_FOREIGN "field-foreign" "Events of the log source have no such field."

    SEARCH_IDENTICAL "search-identical" "Two searches ask for the same."
    SEARCH_CONTRADICTION "search-contradiction" "A search asks for two things that no event can have at once."
    SEARCH_REDUNDANT "search-redundant" "The condition comes to the same without a search."
    MAP_DUPLICATE "map-duplicate" "A list of maps has a map twice, or one that another one of the list includes."
    EXISTS_REDUNDANT "exists-redundant" "A search asks whether a field exists, and for a value of it."
    FIELDREF_SELF "fieldref-self" "A field is compared with itself."

    VALUE_DUPLICATE "value-duplicate" "A list has a value twice."
    VALUE_CASE_DUPLICATE "value-case-duplicate" "Two values of a list differ only in upper and lower case, which does not matter."
    VALUE_REDUNDANT "value-redundant" "A value of a list changes nothing beside a wider one, or under `all` beside a narrower one."
    VALUE_WILDCARD_ALONE "value-wildcard-alone" "A value is nothing but `*`, which tests that the field exists."
    VALUE_WILDCARD_DOUBLED "value-wildcard-doubled" "A value begins or ends with the wildcard that its modifier adds."
    VALUE_WILDCARD_BY_HAND "value-wildcard-by-hand" "All values have wildcards at their ends where a modifier says the same."
    VALUE_ESCAPED_WILDCARD "value-escaped-wildcard" "`\\*` in a path is a literal star; a backslash and a wildcard are `\\\\*`."
    VALUE_UNC "value-unc" "A value begins with two backslashes, which mean one; the name of a share begins with two, written as four."
    VALUE_SHORT "value-short" "`contains` has a value of one or two characters, which stands in most texts."
    VALUE_INVISIBLE "value-invisible" "A value has a character that nobody sees: a no-break or zero-width space, a soft hyphen, a control character."
    VALUE_LINE_END "value-line-end" "A value ends with a line feed, which block texts add."
    VALUE_MATCHES_ALL "value-matches-all" "A keyword is empty or nothing but `*`, or an empty text is to be contained: every event has that."
    VALUE_JOINED "value-joined" "Numbers stand in one text with commas between them, which no event has as one value."
    VALUE_COMPARISON "value-comparison" "A value begins with `<` or `>` before a number, which compares nothing."
    VALUE_QUOTES "value-quotes" "A value stands in typographic quotes, which are part of it."
    VALUE_PLACEHOLDER "value-placeholder" "A value is a placeholder, and its field has no `expand`."
    ENCODED_WHOLE "encoded-whole" "`base64offset` has no `contains`: what is encoded at an offset is never a whole value."
    UTF16_ALONE "utf16-alone" "A text is encoded as UTF-16 and not as base64 after it: decoded events have no such text."
    VALUE_LOOKS_LIKE_REGEX "value-looks-like-regex" "A value without `re` looks like a regular expression."
    WINDASH_IDLE "windash-idle" "`windash` has no value with a dash."
    RANGE_EMPTY "range-empty" "A search bounds a number so that none is left."

    REGEX_PLAIN "regex-plain" "A regular expression is a plain text, for which a modifier is cheaper and plainer."
    REGEX_IDLE_ENDS "regex-idle-ends" "A regular expression begins or ends with `.*`, which changes nothing."
    REGEX_NO_LITERAL "regex-no-literal" "A regular expression requires no text of three characters, so that it is tried on every value, at about 1.5 ns a byte."
    REGEX_MATCHES_EMPTY "regex-matches-empty" "A regular expression matches the empty text, and so every value."
    REGEX_INLINE_FLAG "regex-inline-flag" "A regular expression sets flags by itself that `re|i`, `re|m` and `re|s` set."
    REGEX_DOT "regex-dot" "A regular expression has a dot before a file name's extension that is not escaped."

    CONDITION_NEVER "condition-never" "A condition can never hold."
    CONDITION_ALWAYS "condition-always" "A condition always holds."
    CONDITION_NO_WITNESS "condition-no-witness" "A condition holds for an event that has nothing the rule asks for: it is looked at with every event of the log source."
    CONDITION_OF_ONE "condition-of-one" "`1 of` or `all of` has a single search; a pattern such as `filter_*` leaves room for others."
    CONDITION_ALL_OF_FILTERS "condition-all-of-filters" "`not all of` lets an event pass unless every filter holds; `not 1 of` is what filters mean."
    CONDITION_FILTER_POSITIVE "condition-filter-positive" "A search called a filter makes the rule fire."
    CONDITION_MIXED "condition-mixed" "A condition mixes `and` and `or` without parentheses."

    CORRELATION_TRIVIAL "correlation-trivial" "A correlation's threshold is reached by the first event."
    CORRELATION_NEVER "correlation-never" "A correlation's bounds leave no number, or more than is ever kept."
    CORRELATION_OF_ONE "correlation-of-one" "A temporal correlation has a single rule."
    CORRELATION_COUNTS_GROUP "correlation-counts-group" "A correlation counts the values of a field that it groups by: there is always one."
    CORRELATION_PERCENTILE "correlation-percentile" "A `value_percentile` names no percentile, and compares the median."
    CORRELATION_TIMESPAN_LONG "correlation-timespan-long" "A time span is longer than a week, for which every event that feeds it must be kept."
    CORRELATION_GROUP_FIELD "correlation-group-field" "The events of a rule do not have the field that its correlation groups by."

    FILTER_HIDES_ALL "filter-hides-all" "A filter leaves nothing of the rules it is for."
    FILTER_POSITIVE "filter-positive" "A filter keeps what it describes: its condition counts as written, and has no `not`."
    FILTER_COVERS_NOTHING "filter-covers-nothing" "A filter's log source covers none of the rules that it names."

    RULE_DUPLICATE "rule-duplicate" "Two rules look for the same in the same log source."
    TESTS_ONE_SIDED "tests-one-sided" "A rule has tests of one kind only: none that must fire, or none that must stay silent."
    TEST_NAME_DUPLICATE "test-name-duplicate" "Two tests of a rule have the same name."
    RULE_UNTESTED "rule-untested" "A rule has no test (with `--strict`)."
    ANCHOR_UNUSED "anchor-unused" "An anchor is never used."
    ACTION_OBSOLETE "action-obsolete" "`action` belongs to the rule collections of Sigma 1."
    TEXT_TAB "text-tab" "A line has a tab before or after its text, or between a key and its value: it looks like blanks and is none."
    TEXT_TRAILING_BLANK "text-trailing-blank" "A line ends with blanks (with `--strict`)."
    FILE_NAME "file-name" "A file's name is not of lower-case letters, digits and `_`, ending in .yml (with `--strict`)."
    ALLOW_UNKNOWN "allow-unknown" "`vakt: allow` names no check, or one that is an error."
    ALLOW_UNUSED "allow-unused" "`vakt: allow` silences nothing."
}
