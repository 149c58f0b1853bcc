//! The words of the page on which people report what happened, in Swedish and in English.

use axum::http::{HeaderMap, header};

/// The words of one language.
pub(super) struct Words {
    /// BCP 47.
    pub(super) tag: &'static str,
    pub(super) other_tag: &'static str,
    pub(super) other: &'static str,
    pub(super) title: &'static str,
    pub(super) to: &'static str,
    pub(super) lead: &'static str,
    pub(super) urgent: &'static str,
    pub(super) description: &'static str,
    pub(super) description_hint: &'static str,
    pub(super) time: &'static str,
    pub(super) time_hint: &'static str,
    pub(super) contact: &'static str,
    pub(super) contact_hint: &'static str,
    pub(super) contact_anonymous: &'static str,
    pub(super) files: &'static str,
    pub(super) files_hint: &'static str,
    pub(super) token: &'static str,
    pub(super) token_hint: &'static str,
    pub(super) token_anonymous: &'static str,
    pub(super) signed_in: &'static str,
    pub(super) send: &'static str,
    pub(super) thanks: &'static str,
    pub(super) receipt: &'static str,
    pub(super) keep: &'static str,
    pub(super) again: &'static str,
    pub(super) not_sent: &'static str,
    pub(super) files_again: &'static str,
    pub(super) wrong_token: &'static str,
    pub(super) needs_token: &'static str,
    pub(super) too_many: &'static str,
    /// `{}` stands for the minutes.
    pub(super) again_in: &'static str,
    pub(super) busy: &'static str,
    pub(super) too_large: &'static str,
    pub(super) file_name: &'static str,
    pub(super) too_many_files: &'static str,
    pub(super) empty: &'static str,
    pub(super) failed: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    tag: "en",
    other_tag: "sv",
    other: "På svenska",
    title: "Report an incident",
    to: "to",
    lead: "Tell us what you have seen, even if you are not sure. We look at every report.",
    urgent: "If it is urgent, call as well: nobody may be reading this right now.",
    description: "What happened?",
    description_hint: "What you saw, which system or service it is about, and what you have done since.",
    time: "When?",
    time_hint: "A date and a time as well as you know, such as 29 November, about 14:30.",
    contact: "How can we reach you?",
    contact_hint: "A name and a telephone number or an address.",
    contact_anonymous: "You may leave it empty. Then we cannot ask you anything.",
    files: "Files that show it",
    files_hint: "At most five, together 16 MiB. Please send no passwords.",
    token: "Your code",
    token_hint: "The code for reports that you were given.",
    token_anonymous: "If you have a code for reports, write it here. You may leave it empty.",
    signed_in: "You are signed in: the report carries your name,",
    send: "Send the report",
    thanks: "Thank you. The report has arrived.",
    receipt: "Its number is",
    keep: "Keep the number: name it when you write or call about the report.",
    again: "Report something else",
    not_sent: "The report was not sent.",
    files_again: "Please choose the files again.",
    wrong_token: "The code is unknown, or no longer valid.",
    needs_token: "Reports are taken with a code only. Ask us for one.",
    too_many: "The limit of reports within an hour is reached. Please call instead.",
    again_in: "Reports are taken again in {} min.",
    busy: "Many reports come in at the moment. Please send it once more in a minute, or call.",
    too_large: "It is too large: at most 16 KiB of text and 16 MiB of files.",
    file_name: "The name of a file is too long, or none. Please give the file another name.",
    too_many_files: "At most five files are taken.",
    empty: "Please write what happened.",
    failed: "Something went wrong here. Please try again, or call.",
};

pub(super) const SWEDISH: Words = Words {
    tag: "sv",
    other_tag: "en",
    other: "In English",
    title: "Rapportera en incident",
    to: "till",
    lead: "Berätta vad du har sett, även om du är osäker. Vi går igenom varje rapport.",
    urgent: "Ring också om det är bråttom: det är inte säkert att någon läser detta just nu.",
    description: "Vad har hänt?",
    description_hint: "Vad du såg, vilket system eller vilken tjänst det gäller och vad du har gjort sedan dess.",
    time: "När?",
    time_hint: "Datum och klockslag så gott du vet, till exempel 29 november, ungefär 14.30.",
    contact: "Hur når vi dig?",
    contact_hint: "Namn och telefonnummer eller e-postadress.",
    contact_anonymous: "Du får lämna fältet tomt. Då kan vi inte ställa några frågor till dig.",
    files: "Filer som visar det",
    files_hint: "Högst fem, tillsammans 16 MiB. Skicka inga lösenord.",
    token: "Din kod",
    token_hint: "Koden för rapporter som du har fått av oss.",
    token_anonymous: "Skriv din kod för rapporter här om du har en. Du får lämna fältet tomt.",
    signed_in: "Du är inloggad: rapporten får ditt namn,",
    send: "Skicka rapporten",
    thanks: "Tack. Rapporten har kommit fram.",
    receipt: "Den har nummer",
    keep: "Spara numret: ange det när du skriver eller ringer om rapporten.",
    again: "Rapportera något annat",
    not_sent: "Rapporten skickades inte.",
    files_again: "Välj filerna en gång till.",
    wrong_token: "Koden är okänd eller gäller inte längre.",
    needs_token: "Rapporter tas bara emot med en kod. Be oss om en.",
    too_many: "Gränsen för antal rapporter per timme är nådd. Ring i stället.",
    again_in: "Vi tar emot rapporter igen om {} min.",
    busy: "Många rapporter kommer in just nu. Skicka en gång till om en minut, eller ring.",
    too_large: "Det är för stort: högst 16 KiB text och 16 MiB filer.",
    file_name: "Ett filnamn är för långt eller saknas. Ge filen ett annat namn.",
    too_many_files: "Högst fem filer tas emot.",
    empty: "Skriv vad som har hänt.",
    failed: "Något gick fel hos oss. Försök igen eller ring.",
};

/// The words of the language that a link asks for, or else of the first that the browser prefers. Browsers
/// send languages in their order (RFC 9110, section 12.5.4, gives weights; they agree with it).
pub(super) fn of(asked: Option<&str>, headers: &HeaderMap) -> &'static Words {
    let known = |tag: &str| {
        let tag = tag.trim().to_ascii_lowercase();
        match tag.split(['-', ';']).next() {
            Some("sv") => Some(&SWEDISH),
            Some("en") => Some(&ENGLISH),
            _ => None,
        }
    };
    let preferred = headers.get(header::ACCEPT_LANGUAGE);
    let preferred = preferred
        .and_then(|it| it.to_str().ok())
        .unwrap_or_default();
    let first = || preferred.split(',').find_map(known);
    asked.and_then(known).or_else(first).unwrap_or(&ENGLISH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_goes_before_what_the_browser_prefers() {
        let check = |asked: Option<&str>, preferred: &'static str, expected: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, preferred.parse().unwrap());
            assert_eq!(of(asked, &headers).tag, expected, "{asked:?} {preferred}");
        };
        check(None, "sv-SE,sv;q=0.9,en;q=0.8", "sv");
        check(None, "en-GB,en;q=0.9,sv;q=0.8", "en");
        check(None, "de,fr;q=0.9,sv;q=0.8,en;q=0.7", "sv");
        check(None, "de", "en");
        check(None, "svx", "en");
        check(Some("en"), "sv", "en");
        check(Some("sv"), "en", "sv");
        check(Some("xx"), "sv", "sv");
    }
}
