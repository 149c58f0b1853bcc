//! Secrets: what is shown once and kept only as a hash.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::AccessError;

/// Random bytes in every secret: 256 bits, which nobody guesses, so that a fast hash is enough.
const SECRET_BYTES: usize = 32;

/// What every token begins with, so that people and secret scanners know one when they see it.
pub const TOKEN_PREFIX: &str = "vakt_";

/// BLAKE3 of the secret's text.
pub(crate) type SecretHash = [u8; 32];

/// A secret's text. It is never shown by `Debug`, so that it does not reach a log by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A new token: `vakt_` and 43 letters of base64url.
    pub(crate) fn new_token() -> Result<Self, AccessError> {
        Ok(Self(format!("{TOKEN_PREFIX}{}", random_text()?)))
    }

    /// A new sign-in code or session id: 43 letters of base64url.
    pub(crate) fn new_code() -> Result<Self, AccessError> {
        random_text().map(Self)
    }

    /// The text, to show or write once.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> SecretHash {
        hash(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

pub(crate) fn hash(text: &str) -> SecretHash {
    *blake3::hash(text.as_bytes()).as_bytes()
}

fn random_text() -> Result<String, AccessError> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| AccessError::Random(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
