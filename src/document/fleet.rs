//! The answer of `probe` while it grows: each server's is packed as soon as it is there, so that ten thousand of them take
//! the memory of a few hundred. It is printed server by server.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::{Error as _, SerializeSeq as _};
use serde::{Serialize, Serializer};

use super::probe::{Probe, ProfileRef, Target};
use super::{Document, Verdict};

/// What [`Probe`] is, with its servers packed: the same document.
#[derive(Debug, Serialize)]
pub struct Fleet {
    /// As in [`Probe`].
    pub profiles: Vec<ProfileRef>,
    /// As in [`Probe`].
    #[serde(serialize_with = "one_by_one")]
    pub targets: Vec<Packed>,
    /// As in [`Probe`].
    pub warnings: Vec<String>,
}

/// One server's answer, packed.
#[derive(Debug)]
pub struct Packed {
    json: Box<[u8]>,
    is_fine: bool,
}

impl Packed {
    /// Packs an answer.
    ///
    /// # Errors
    /// When it can't be written as JSON.
    pub fn of(target: &Target) -> io::Result<Self> {
        let mut packer = ZlibEncoder::new(Vec::new(), Compression::fast());
        serde_json::to_writer(&mut packer, target)?;
        Ok(Self { json: packer.finish()?.into(), is_fine: target.is_fine() })
    }

    /// The answer again.
    ///
    /// # Errors
    /// When it is none.
    pub fn unpack(&self) -> io::Result<Target> {
        let mut json = Vec::new();
        ZlibDecoder::new(&*self.json).read_to_end(&mut json)?;
        Ok(serde_json::from_slice(&json)?)
    }
}

impl Fleet {
    /// The same with all its servers unpacked.
    ///
    /// # Errors
    /// As [`Packed::unpack`].
    pub fn unpack(self) -> io::Result<Probe> {
        let targets = self.targets.iter().map(Packed::unpack).collect::<Result<_, _>>()?;
        Ok(Probe { profiles: self.profiles, targets, warnings: self.warnings })
    }
}

impl Document for Fleet {
    const NAME: &'static str = Probe::NAME;

    fn verdict(&self) -> Verdict {
        if self.targets.iter().all(|target| target.is_fine) { Verdict::Ok } else { Verdict::Problem }
    }
}

impl JsonSchema for Fleet {
    fn schema_name() -> Cow<'static, str> {
        Probe::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Probe::json_schema(generator)
    }
}

fn one_by_one<S: Serializer>(targets: &[Packed], serializer: S) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(targets.len()))?;
    for target in targets {
        list.serialize_element(&target.unpack().map_err(S::Error::custom)?)?;
    }
    list.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::algorithms::answer::{judge_target, profile_refs};
    use crate::algorithms::builtin;
    use crate::document::Envelope;
    use crate::model::offer::{Offer, split_list};

    fn probe() -> Probe {
        let profiles = builtin::default_set();
        let mut target = Target {
            target: "10.0.0.5".into(),
            offer: Some(Offer { mac_c2s: Some(split_list("hmac-sha2-512")), ..profiles[0].algorithms.clone() }),
            ..Target::default()
        };
        target.timing_ms.total = Some(149.301);
        judge_target(&mut target, &profiles);
        assert!(!target.remedy.is_empty());
        let targets = vec![target, Target { target: "x".into(), ..Target::default() }];
        Probe { profiles: profile_refs(&profiles), targets, warnings: vec!["odd".into()] }
    }

    #[test]
    fn it_is_the_document_that_it_stands_for() {
        let probe = probe();
        let targets = probe.targets.iter().map(|target| Packed::of(target).unwrap()).collect();
        let fleet = Fleet { profiles: probe.profiles.clone(), targets, warnings: probe.warnings.clone() };
        let expected = serde_json::to_string_pretty(&Envelope::of(&probe)).unwrap();
        assert_eq!(serde_json::to_string_pretty(&Envelope::of(&fleet)).unwrap(), expected);
        assert_eq!((fleet.verdict(), fleet.unpack().unwrap()), (probe.verdict(), probe));
    }

    #[test]
    fn a_server_takes_a_few_kilobytes() {
        let packed = Packed::of(&probe().targets[0]).unwrap().json.len();
        assert!(packed < 4_096, "{packed}");
    }
}
