//! What the page of figures calls things, in English and in Swedish.

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    En,
    Sv,
}

impl Language {
    pub(super) fn of(text: Option<&str>) -> Self {
        match text {
            Some("sv") => Self::Sv,
            _ => Self::En,
        }
    }

    pub(super) fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Sv => "sv",
        }
    }

    /// What something is called; the name itself where there is no word for it, such as a stream's.
    pub(super) fn word(self, name: &str) -> String {
        let found = WORDS.iter().find(|(known, _, _)| *known == name);
        match (found, self) {
            (Some((_, en, _)), Self::En) => (*en).to_owned(),
            (Some((_, _, sv)), Self::Sv) => (*sv).to_owned(),
            (None, _) => name.replace('_', " "),
        }
    }
}

/// Name, English, Swedish. The Swedish words of the reports are the statute's (cybersäkerhetslagen).
const WORDS: &[(&str, &str, &str)] = &[
    ("figures", "Figures", "Nyckeltal"),
    ("for_board", "for the board", "för styrelsen"),
    (
        "for_ciso",
        "for the CISO",
        "för informationssäkerhetschefen",
    ),
    ("for_it", "for IT", "för it-driften"),
    ("all", "everything", "allt"),
    ("board", "Board", "Styrelse"),
    ("ciso", "CISO", "Informationssäkerhetschef"),
    ("it", "IT", "It-drift"),
    ("role", "Reader", "Läsare"),
    ("period", "Period", "Period"),
    (
        "period_help",
        "2026-Q3, 2026-11, 2026-W48, 2026 or 2026-11-01..2026-11-15 (the last day is not in it)",
        "2026-Q3, 2026-11, 2026-W48, 2026 eller 2026-11-01..2026-11-15 (sista dagen ingår inte)",
    ),
    ("show", "Show", "Visa"),
    ("other_language", "På svenska", "In English"),
    ("csv", "As CSV", "Som CSV"),
    (
        "not_over",
        "The period is not over: these are the figures so far.",
        "Perioden är inte slut: detta är siffrorna hittills.",
    ),
    ("until", "to", "till"),
    ("compared", "compared with", "jämfört med"),
    ("computed", "Computed", "Beräknat"),
    ("before", "Before", "Föregående"),
    ("figure", "Figure", "Mått"),
    ("value", "Value", "Värde"),
    ("of", "of", "av"),
    ("incidents_link", "Incidents", "Incidenter"),
    ("not_named", "more", "till"),
    ("incidents", "Incidents", "Incidenter"),
    (
        "detected",
        "Detected in the period",
        "Upptäckta under perioden",
    ),
    ("still_open", "Still open", "Fortfarande öppna"),
    ("by_class", "By how they were judged", "Efter bedömning"),
    ("by_state", "By state", "Efter läge"),
    ("by_origin", "By origin", "Efter ursprung"),
    ("by_level", "By level", "Efter nivå"),
    ("by_stream", "By stream", "Efter ström"),
    ("significant", "Significant", "Betydande"),
    ("not_significant", "Not significant", "Inte betydande"),
    ("near_miss", "Near miss", "Tillbud"),
    ("dismissed", "Dismissed", "Avfärdade"),
    ("undecided", "Not decided yet", "Inte bedömda ännu"),
    ("merged", "Part of another one", "Del av en annan"),
    ("draft", "Draft", "Utkast"),
    ("assessing", "Assessing", "Bedöms"),
    (
        "early_warned",
        "Early warning submitted",
        "Upplysning lämnad",
    ),
    (
        "notified",
        "Notification submitted",
        "Incidentanmälan lämnad",
    ),
    (
        "ongoing",
        "Progress report submitted",
        "Lägesrapport lämnad",
    ),
    ("handled", "Handled", "Hanterad"),
    (
        "final_reported",
        "Final report submitted",
        "Slutrapport lämnad",
    ),
    ("closed", "Closed", "Stängd"),
    ("downgraded", "Downgraded", "Nedgraderad"),
    (
        "reportable",
        "Not significant, other reports owed",
        "Inte betydande, andra rapporter återstår",
    ),
    ("detection", "Detection", "Detektering"),
    ("manual", "Opened by a person", "Öppnad av en person"),
    ("burst", "Burst of matches", "Anhopning av träffar"),
    ("risk", "Risk", "Risk"),
    ("outage", "Outage", "Avbrott"),
    ("recurring", "Recurring", "Återkommande"),
    ("report", "Report", "Rapport"),
    ("none", "None", "Ingen"),
    ("critical", "Critical", "Kritisk"),
    ("high", "High", "Hög"),
    ("medium", "Medium", "Medel"),
    ("low", "Low", "Låg"),
    ("informational", "Informational", "Information"),
    ("times", "Times", "Tider"),
    (
        "to_detect",
        "From the beginning to detection",
        "Från början till upptäckt",
    ),
    (
        "to_awareness",
        "From detection to awareness",
        "Från upptäckt till kännedom",
    ),
    (
        "back_filled",
        "Back-filled, in no figure of detection",
        "Efterhandsinlästa, ingår inte i tiden till upptäckt",
    ),
    ("median", "median", "median"),
    ("p90", "90th percentile", "90:e percentilen"),
    ("max", "longest", "längst"),
    ("unknown", "not known", "okänt"),
    ("nothing_known", "nothing known", "inget känt"),
    ("reports", "Reports", "Rapporter"),
    (
        "all_reports",
        "All reports that were due",
        "Alla rapporter som skulle lämnas",
    ),
    ("due", "Due in the period", "Skulle lämnas under perioden"),
    ("on_time", "On time", "I tid"),
    ("late", "Submitted late", "Inlämnade för sent"),
    (
        "overdue",
        "Overdue, not submitted",
        "Tiden ute, inte inlämnade",
    ),
    ("running", "Not due yet", "Tiden löper ännu"),
    ("on_time_share", "Share on time", "Andel i tid"),
    (
        "to_submit",
        "From the start to the submission",
        "Från start till inlämning",
    ),
    (
        "time_used",
        "Share of the time used",
        "Andel av tiden som användes",
    ),
    ("early_warning", "Early warning", "Upplysning"),
    ("notification", "Notification", "Incidentanmälan"),
    ("intermediate", "Intermediate report", "Delrapport"),
    ("progress", "Progress report", "Lägesrapport"),
    ("final", "Final report", "Slutrapport"),
    (
        "authority",
        "Notification of a breach",
        "Anmälan av personuppgiftsincident",
    ),
    (
        "subjects",
        "Notice to data subjects",
        "Information till registrerade",
    ),
    (
        "controller",
        "Notice to the controller",
        "Underrättelse till personuppgiftsansvarig",
    ),
    ("alerts", "Alerts", "Larm"),
    ("matches", "Matches", "Träffar"),
    ("suppressed", "Suppressed", "Dolda"),
    ("in_maintenance", "In planned work", "Under planerat arbete"),
    (
        "incomplete",
        "Alerts of the period were removed, because there were more than are kept: the counts are too low.",
        "Larm från perioden har tagits bort, eftersom de var fler än vad som sparas: antalen är för låga.",
    ),
    (
        "rules",
        "Rules and their false positives",
        "Regler och deras falsklarm",
    ),
    ("rule", "Rule", "Regel"),
    ("drafts", "Drafts", "Utkast"),
    ("decided", "Decided", "Bedömda"),
    (
        "dismissed_share",
        "Dismissed of decided",
        "Avfärdade av bedömda",
    ),
    (
        "closed_alone",
        "Closed without an incident",
        "Stängda utan incident",
    ),
    (
        "rules_note",
        "Dismissed are false positives, tests, duplicates and what was authorised.",
        "Avfärdade är falsklarm, tester, dubbletter och sådant som var tillåtet.",
    ),
    (
        "rules_not_named",
        "rules are not named here",
        "regler nämns inte här",
    ),
    ("coverage", "Logging now", "Loggning nu"),
    ("assets", "Assets", "Tillgångar"),
    ("assets_silent", "Silent assets", "Tysta tillgångar"),
    (
        "expected",
        "Expected kinds of logs",
        "Väntade slag av loggar",
    ),
    ("received", "Received", "Mottagna"),
    ("silent", "Silent", "Tysta"),
    (
        "gaps_with_reason",
        "Missing, with a reason",
        "Saknas, med motivering",
    ),
    (
        "gaps_without_reason",
        "Missing, without a reason",
        "Saknas, utan motivering",
    ),
    (
        "unknown_hosts",
        "Hosts that are no asset",
        "Värdar som inte är en tillgång",
    ),
    (
        "drills",
        "Drills, in none of the above",
        "Övningar, som inte ingår ovan",
    ),
    ("nothing", "Nothing", "Inget"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_word_is_there_once_in_both_languages() {
        let names: BTreeSet<&str> = WORDS.iter().map(|word| word.0).collect();
        assert_eq!(names.len(), WORDS.len());
        assert!(
            WORDS
                .iter()
                .all(|word| !word.1.is_empty() && !word.2.is_empty())
        );
        assert_eq!(Language::of(Some("sv")).word("early_warning"), "Upplysning");
        assert_eq!(Language::of(None).word("a_stream"), "a stream");
    }
}
