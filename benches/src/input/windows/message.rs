//! The texts for people that collectors add to events.

use super::Facts;

pub(super) fn sysmon(id: u16, facts: &Facts) -> String {
    let title = match id {
        1 => "Process Create",
        3 => "Network connection detected",
        7 => "Image loaded",
        10 => "Process accessed",
        11 => "File created",
        12 => "Registry object added or deleted",
        _ => "Registry value set",
    };
    let mut message = format!("{title}:");
    for (name, value) in facts {
        message.push_str("\r\n");
        message.push_str(name);
        message.push_str(": ");
        message.push_str(value);
    }
    message
}

/// The explanation that such events repeat at their end, of like length in words of our own.
const EXPLANATION: &str = "This text stands at the end of every event of this kind and explains its parts to a person who reads it in a viewer.\r\n\r\nThe first part names the account that asked for the action on the local machine; most often that is a service, or a process that acts for somebody who is signed in.\r\n\r\nThe second part names the account for which it was done, with a number by which the other events of the same session can be found.\r\n\r\nThe third part says where the request came from. A name or an address may be missing where the machine could not learn it.\r\n\r\nThe last part has what is known of the way in which the account was checked:\r\n\t- An identifier that is the same on the machine that answered for the account.\r\n\t- Services between the two that have taken part.\r\n\t- The length of the key that was agreed on, which is 0 where none was asked for.";

pub(super) fn security(id: u16, facts: &Facts) -> String {
    let title = match id {
        4624 => "An account was successfully logged on.",
        4688 => "A new process has been created.",
        _ => "An attempt was made to access an object.",
    };
    let mut message = format!("{title}\r\n\r\nSubject:");
    for (at, (name, value)) in facts.iter().enumerate() {
        if at > 0 && at % 6 == 0 {
            message.push_str("\r\n\r\nMore Information:");
        }
        message.push_str(&format!("\r\n\t{name}:\t\t{value}"));
    }
    if id != 4663 {
        message.push_str("\r\n\r\n");
        message.push_str(EXPLANATION);
    }
    message
}
