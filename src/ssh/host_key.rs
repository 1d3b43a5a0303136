//! Host keys as they come over the wire (RFC 4253, section 6.6; RFC 5656, section 3.1). Pure.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use sha2::{Digest, Sha256};

use super::visible;
use super::wire::Body;
use crate::document::probe::HostKey;

/// What a public key blob tells of itself.
pub fn describe(blob: &[u8]) -> HostKey {
    let mut body = Body(blob);
    let algorithm = body.string().unwrap_or_default();
    HostKey {
        algorithm: visible(algorithm),
        bits: bits(algorithm, body),
        sha256: Some(format!("SHA256:{}", STANDARD_NO_PAD.encode(Sha256::digest(blob)))),
    }
}

/// The key's size: of RSA's modulus `n` behind the exponent, of DSA's prime `p`, of the curve.
fn bits(algorithm: &[u8], mut body: Body<'_>) -> Option<u32> {
    match algorithm {
        b"ssh-rsa" => body.string().and_then(|_| body.string()).and_then(magnitude),
        b"ssh-dss" => body.string().and_then(magnitude),
        b"ecdsa-sha2-nistp256" | b"ssh-ed25519" => Some(256),
        b"ecdsa-sha2-nistp384" => Some(384),
        b"ecdsa-sha2-nistp521" => Some(521),
        _ => None,
    }
}

/// The bits of a positive `mpint` (RFC 4251, section 5).
fn magnitude(number: &[u8]) -> Option<u32> {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    let (first, rest) = number.get(zeros..)?.split_first()?;
    Some(8 - first.leading_zeros() + u32::try_from(rest.len()).ok()?.checked_mul(8)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    /// Made for this test with `ssh-keygen`; the fingerprint and the size are `ssh-keygen -lf`'s.
    const KEYS: &[(&str, &str, u32, &str)] = &[
        (
            "ssh-rsa",
            "AAAAB3NzaC1yc2EAAAADAQABAAAAgQCy+vDU4aMPk4RutAoZJuBBNnRV+oL4241kJBU0u4ZBmVpUZGS5Yk1eA/fmwnzjF9rkrQ1GneDJXyDQRhfN6ie19TvvDVry1+rSPcXQqVpFyohk2RQb0tJlu5jat7oAKhfoWW+ey/StQ3SIXAIYU44KEfrlV8nWa2iPr820M3S+FQ==",
            1024,
            "SHA256:rqZe4633Wf74u6QAEJQK18b6BqOlnPgman/Cx0Emhl8",
        ),
        (
            "ssh-rsa",
            "AAAAB3NzaC1yc2EAAAADAQABAAABAQC0+hy6tl1qGAUVkSH5fS+fi4jytugxb5aO/WfxIfbV2H7QaB5j5cQvs/pwnrptOkofog/B3P82wsHLjwsTH0YwgEoQnv4fqyX7d1jWLs/FzIQtoHSZwKE2gKLeC5B9EucTyXXUtQk2GM8Apd+PAg8VeOUmuBZfz3aik+QeHx/UkTRvC248RdFtKnmXAxg/ieDwx+8sfEKOz4v4PksuHGaWlRKhPBw2d1GYzl9kxJvii3tvjUe0weBoySv9Mx8BamJNyoyAB6kXuo3S10adg8IO6wqdlh6/5S6Uu45m8VW2SiXIF4+bjKo8ctiJ00ks/iAz9MNXjS60chnkHvKUffKt",
            2048,
            "SHA256:mUGUvzVd+C/CWU+Un0Wa+GWU3/rrB4GY8agxDl/LGvc",
        ),
        (
            "ecdsa-sha2-nistp256",
            "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBEpGuzB2JGDIxmGFe23KfKyMostWpRL6osvwfLRIZBPhUV92LoPQTqsRlQB8cbdqWRFaTZULOTwADySCmKrwvlE=",
            256,
            "SHA256:5TUaZk+kWcf2o30MkdyQ8iFj4mFUo3kd1y8R0yzr4Vo",
        ),
        (
            "ecdsa-sha2-nistp384",
            "AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBE28OiDORyGuh7FBs72tPG/jDkwu/JASfatv/JO9zrqAgJI2ts7Ety/g8gu8TFHmHlL/UD5wEjNdPLiUmY5rG6J43pD2oWyl45zpwE7ODQGUug4D9vAgi8qputpRyjO6JQ==",
            384,
            "SHA256:0E2kfd0jZcjgtxosQaA0C3JhXEHdA98veZRpkvQ56nE",
        ),
        (
            "ecdsa-sha2-nistp521",
            "AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBAFYL/2EwRiQsBp9FygdIp8z/g9kwWTh+z85pqbd7JyhuKbo2iqVNNNsVncenr16n5X2sGfP0xah/fYRivIpDJgvLACTy5ow7Di6h59q6Fy7zmiUol5146YJpEfFiZCAiFzQV5DxQYPyMz4/loFJG6/AEsfRt947J+tTdMT1G1kIIKSf0Q==",
            521,
            "SHA256:w23Rz7b/+MZEAr3zsJeWDzh35VM3dAqq+gLnoySXOCI",
        ),
        (
            "ssh-ed25519",
            "AAAAC3NzaC1lZDI1NTE5AAAAINEh6E75DILHf/9N064GdW9aTMGBh4SHdSqQBp4b1tEl",
            256,
            "SHA256:w7hLsZvOhQSeOl4EgxysMV5Ztvq9NB4r+NgA5rbUEtg",
        ),
    ];

    #[test]
    fn size_and_fingerprint_are_as_ssh_keygen_tells_them() {
        for (algorithm, key, bits, fingerprint) in KEYS {
            let found = describe(&STANDARD.decode(key).unwrap());
            assert_eq!((found.algorithm.as_str(), found.bits), (*algorithm, Some(*bits)));
            assert_eq!(found.sha256.as_deref(), Some(*fingerprint));
        }
    }

    proptest! {
        #[test]
        fn any_bytes_give_an_answer(bytes: Vec<u8>) {
            let _ = describe(&bytes);
            let _ = describe(&[&b"\0\0\0\x07ssh-rsa"[..], &bytes].concat());
        }
    }
}
