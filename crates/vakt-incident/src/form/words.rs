//! What is said in Swedish or English.

use jiff::tz::TimeZone;
use vakt_event::Timestamp;

use super::Caution;
use crate::fact::FactKind;
use crate::regime::{Language, Regime};

/// The words of the language.
pub(crate) fn say<'w>(language: Language, sv: &'w str, en: &'w str) -> &'w str {
    match language {
        Language::Sv => sv,
        Language::En => en,
    }
}

/// `2026-11-24 kl. 03.05.12 (UTC+01:00)` in Swedish, `2026-11-24 03:05:12 (UTC+01:00)` in English.
pub(crate) fn time(at: Timestamp, zone: &TimeZone, language: Language) -> String {
    let local = zone.to_datetime(at.to_jiff());
    let minutes = zone.to_offset(at.to_jiff()).seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
    let format = say(language, "%Y-%m-%d kl. %H.%M.%S", "%Y-%m-%d %H:%M:%S");
    format!("{} (UTC{sign}{hours:02}:{rest:02})", local.strftime(format))
}

/// A number as it is written in the language: `12\u{a0}000,5`, `12,000.5`.
pub(crate) fn grouped(number: &str, language: Language) -> String {
    let (whole, rest) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push_str(say(language, "\u{a0}", ","));
        }
        text.push(digit);
    }
    if !rest.is_empty() {
        text.push_str(say(language, ",", "."));
        text.push_str(rest);
    }
    text
}

/// What a fact says happened; `None` for what people decided among themselves.
pub(super) fn happened(kind: FactKind, language: Language) -> Option<&'static str> {
    let (sv, en) = match kind {
        FactKind::Occurred => ("Incidenten inträffade", "The incident occurred"),
        FactKind::FirstLog => ("Första spåret i loggarna", "First trace in the logs"),
        FactKind::Detected => ("Incidenten upptäcktes", "The incident was detected"),
        FactKind::SupplierNotice => ("En leverantör underrättade oss", "A supplier told us"),
        FactKind::AssessmentStarted => ("Bedömningen inleddes", "The assessment began"),
        FactKind::Aware => (
            "Vi fick kännedom om den betydande incidenten",
            "We became aware of the significant incident",
        ),
        FactKind::ServiceLost => ("En tjänst slutade att fungera", "A service stopped working"),
        FactKind::ServiceRestored => ("Tjänsten fungerade igen", "The service worked again"),
        FactKind::MeasureAvailable => (
            "En korrigerande eller riskreducerande åtgärd blev tillgänglig",
            "A corrective or mitigating measure became available",
        ),
        FactKind::RecipientsInformed => (
            "Mottagarna av tjänsterna informerades",
            "The recipients of the services were told",
        ),
        FactKind::Handled => ("Incidenten hade hanterats", "The incident was handled"),
        _ => return None,
    };
    Some(say(language, sv, en))
}

/// What an observable is called where an authority reads it.
pub(crate) fn observable(field: &str, language: Language) -> &'static str {
    let (sv, en) = match field {
        "source.ip" => ("Käll-IP", "Source IP"),
        "client.ip" => ("Klient-IP", "Client IP"),
        "dns.question.name" => ("Domännamn (DNS-fråga)", "Domain name (DNS question)"),
        "url.domain" => ("Domännamn", "Domain name"),
        "url.full" => ("Webbadress", "URL"),
        field if field.ends_with(".ip") => ("IP-adress", "IP address"),
        field if field.contains("email") => ("E-postadress", "E-mail address"),
        field if field.contains("user") => ("Användare", "User"),
        field if field.ends_with("sha256") => ("SHA-256", "SHA-256"),
        field if field.ends_with("sha1") => ("SHA-1", "SHA-1"),
        _ => ("MD5", "MD5"),
    };
    say(language, sv, en)
}

/// What to heed before anything is copied: what the regime's data says, and that logs name people.
pub(super) fn cautions(regime: &Regime, language: Language) -> Vec<Caution> {
    let personal = match language {
        Language::Sv => Caution {
            text: "Lämna bara de personuppgifter som mottagaren behöver. Användarnamn, e-postadresser \
                   och IP-adresser kan vara personuppgifter."
                .to_owned(),
            english: Some(PERSONAL.to_owned()),
        },
        Language::En => Caution {
            text: PERSONAL.to_owned(),
            english: None,
        },
    };
    let mut cautions = regime.cautions.clone();
    cautions.push(personal);
    cautions
}

const PERSONAL: &str = "Hand over only the personal data that the receiver needs. User names, e-mail \
                        addresses and IP addresses can be personal data.";
