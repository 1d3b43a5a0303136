//! `cdrdiag profile list` and `cdrdiag profile show ID|FILE`; and the profiles that the other commands judge by.

use std::borrow::Cow;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow, bail};

use super::Context;
use crate::algorithms::builtin;
use crate::algorithms::profile_file::{self, ProfileFormat};
use crate::algorithms::variants::Variant;
use crate::bounds;
use crate::cli::{self, Global, Variants};
use crate::document::profile::{ProfileList, ProfileShow};
use crate::exit::{Code, UsageError};
use crate::model::offer::Setting;
use crate::model::profile::Profile;
use crate::suggest;
use crate::text;

/// Lists the built-in profiles, or shows one.
///
/// # Errors
/// When the profile cannot be read, or is no profile.
pub fn run(args: &cli::Profile, context: &Context<'_>) -> Result<Code> {
    match args {
        cli::Profile::List => {
            let defaults = builtin::default_set();
            let is_default = |profile: &Profile| defaults.iter().any(|default| default.id == profile.id);
            let profiles = builtin::builtin().to_vec();
            let default =
                profiles.iter().filter(|profile| is_default(profile)).map(|profile| profile.id.clone()).collect();
            context.answer(&ProfileList { profiles, default })
        }
        cli::Profile::Show(args) => {
            let profile = variant(&args.variants)?.apply(&named(&args.name)?);
            let findings = profile.findings.clone();
            context.answer(&ProfileShow { profile, findings })
        }
        cli::Profile::Learn(args) => super::learn::run(args, context),
    }
}

/// The profiles to judge by: those of `--profile`, else those of the configuration file, else every built-in CUCM
/// release; each as a node with these settings has it.
///
/// # Errors
/// When one cannot be read, or is no profile.
pub fn profiles(global: &Global, variants: &Variants, config_default: &[String]) -> Result<Vec<Profile>> {
    let is_configured = global.profile.is_empty();
    let names = if is_configured { config_default } else { &global.profile };
    let mut profiles: Vec<Profile> = Vec::new();
    for profile in if names.is_empty() {
        builtin::default_set()
    } else {
        let told = |name: &String| {
            let found = named(name);
            if is_configured { found.context("the configuration file's profile") } else { found }
        };
        names.iter().map(told).collect::<Result<_>>()?
    } {
        let same = |other: &Profile| other.id == profile.id;
        match profiles.iter().find(|other| same(other)) {
            Some(other) if *other == profile => {}
            Some(_) => bail!("two different profiles are called {:?}: give one of them another id", profile.id),
            None => profiles.push(profile),
        }
    }
    let variant = variant(variants)?;
    Ok(profiles.iter().map(|profile| variant.apply(profile)).collect())
}

/// The built-in profile of this name, or the one in this file.
///
/// # Errors
/// When there is none, or the file cannot be read or is no profile.
pub fn named(name: &str) -> Result<Profile> {
    if let Some(profile) = builtin::find(name) {
        return Ok(profile.clone());
    }
    let path = Path::new(name);
    let looks_like_a_path = name.contains(['/', '\\'])
        || path.extension().is_some_and(|extension| extension == "toml" || extension == "json");
    if !looks_like_a_path && !path.exists() {
        let known: Vec<_> = builtin::builtin().iter().map(|profile| profile.id.as_str()).collect();
        let hint = hint(name, &known);
        bail!("{name:?} is neither a file nor a built-in profile ({}){hint}", known.join(", "));
    }
    let text = read(path).with_context(|| format!("cannot read the profile {name}"))?;
    profile_file::parse(&text, ProfileFormat::of(&text)).with_context(|| format!("the profile {name} is broken"))
}

/// What was probably meant: a release by its number alone, the library of a release that Cisco prints no list for, or
/// the nearest name.
fn hint(name: &str, known: &[&str]) -> String {
    let release = name.to_lowercase();
    let release = release.strip_prefix("cucm-").unwrap_or(&release);
    let cucm = format!("cucm-{release}");
    if known.contains(&cucm.as_str()) {
        return format!("; did you mean {cucm}?");
    }
    if release.parse::<f32>().is_ok_and(|number| (1.0..12.5).contains(&number)) {
        return format!("; no list is printed for CUCM {release}: jsch-0.1.54 or jsch-0.1.44 is the nearest");
    }
    suggest::nearest(name, known.iter().copied()).map(|near| format!("; did you mean {near}?")).unwrap_or_default()
}

fn read(path: &Path) -> Result<String> {
    text::decode_whole(&bounds::PROFILE.read(path)?)
        .map(Cow::into_owned)
        .ok_or_else(|| anyhow!("it is not UTF-8 text: give the profile's TOML or JSON, saved as UTF-8"))
}

/// The node's settings as the flags tell them. A mistyped name would be blamed on the server, so it ends here.
fn variant(flags: &Variants) -> Result<Variant, UsageError> {
    let variant = Variant {
        fips: flags.fips,
        ciphers: flags.ssh_ciphers.clone(),
        kex: flags.ssh_kex.clone(),
        mac: flags.ssh_mac.clone(),
    };
    let Some(unknown) = variant.unknown_name() else { return Ok(variant) };
    let flag = match unknown.setting {
        Setting::Cipher => "--ssh-ciphers",
        Setting::Mac => "--ssh-mac",
        _ => "--ssh-kex",
    };
    let elsewhere = "a profile file (--profile FILE) may propose what cdrdiag does not know";
    Err(UsageError(format!("{flag} {}: {unknown}; {elsewhere}", unknown.name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_leads_to_its_profile_or_to_the_library_it_uses() {
        let known = ["cucm-12.5", "cucm-14", "cucm-15", "jsch-0.1.54"];
        assert_eq!(hint("14", &known), "; did you mean cucm-14?");
        assert!(hint("cucm-11.5", &known).contains("no list is printed for CUCM 11.5: jsch-0.1.54"));
        assert_eq!(hint("cucm-155", &known), "; did you mean cucm-15?");
    }
}
