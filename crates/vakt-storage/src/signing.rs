//! The installation's key (Ed25519, RFC 8032), and what it has signed.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};

use crate::hex;

/// Bytes of a seed, from which both halves of the key follow.
pub const SEED_BYTES: usize = 32;
/// Bytes of the public half.
pub const PUBLIC_KEY_BYTES: usize = 32;
pub(crate) const SIGNATURE_BYTES: usize = 64;

pub(crate) type Signature = [u8; SIGNATURE_BYTES];

/// The operating system's random numbers, or the cryptography, refused.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct KeyError(&'static str);

/// The secret half, which signs. Clones share it.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<Ed25519KeyPair>,
    public: PublicKey,
}

impl SigningKey {
    /// A new key from the system's random numbers, and its seed, which is all that must be kept.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn generate() -> Result<(Self, [u8; SEED_BYTES]), KeyError> {
        let mut seed = [0; SEED_BYTES];
        aws_lc_rs::rand::fill(&mut seed)
            .map_err(|_| KeyError("the system gives no random numbers for a key"))?;
        Ok((Self::from_seed(&seed)?, seed))
    }

    /// The key of a seed. Every 32 bytes are one.
    ///
    /// # Errors
    /// When the cryptography refuses, which RFC 8032 gives it no reason for.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Result<Self, KeyError> {
        let refused = KeyError("no key can be made of the seed");
        let Ok(pair) = Ed25519KeyPair::from_seed_unchecked(seed) else {
            return Err(refused);
        };
        let Ok(public) = pair.public_key().as_ref().try_into() else {
            return Err(refused);
        };
        Ok(Self {
            pair: Arc::new(pair),
            public: PublicKey(public),
        })
    }

    pub fn public(&self) -> PublicKey {
        self.public
    }

    pub(crate) fn sign(&self, bytes: &[u8]) -> Result<Signature, KeyError> {
        let signed = self.pair.try_sign(bytes);
        let signed = signed.ok().and_then(|one| one.as_ref().try_into().ok());
        signed.ok_or(KeyError("the cryptography cannot sign"))
    }
}

/// Says whose key it is and keeps the secret.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

/// The public half, which tells whether a signature is the secret half's. Shown as 64 digits.
#[derive(Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct PublicKey(#[serde(with = "hex::digits")] [u8; PUBLIC_KEY_BYTES]);

impl PublicKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        hex::decode(text.as_bytes()).map(Self)
    }

    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &Signature) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0)
            .verify(bytes, signature)
            .is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(&self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 3.
    #[test]
    fn signs_as_the_standard_says() {
        let seed = hex::decode(b"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7")
            .unwrap();
        let key = SigningKey::from_seed(&seed).unwrap();
        let public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
        assert_eq!(key.public().to_string(), public);
        let signature = key.sign(&[0xaf, 0x82]).unwrap();
        assert_eq!(
            hex::encode(&signature),
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        );
        let public = PublicKey::from_hex(public).unwrap();
        assert!(public.has_signed(&[0xaf, 0x82], &signature));
        assert!(!public.has_signed(&[0xaf, 0x83], &signature));
    }

    #[test]
    fn two_new_keys_differ_and_come_back_from_their_seeds() {
        let (one, seed) = SigningKey::generate().unwrap();
        let (other, _) = SigningKey::generate().unwrap();
        assert_ne!(one.public(), other.public());
        assert_eq!(SigningKey::from_seed(&seed).unwrap().public(), one.public());
        assert_eq!(format!("{one:?}"), format!("SigningKey({})", one.public()));
    }
}
