//! A file that is written whole or not at all: a full disk or a kill leaves what was there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// A file to be written, opened before the work begins, so that a bad path shows at once.
#[derive(Debug)]
pub struct WholeFile(Form);

#[derive(Debug)]
enum Form {
    /// Under a name of its own beside the file whose place it takes.
    Beside { file: NamedTempFile, place: PathBuf },
    /// Straight into what is no regular file (`/dev/null`, a pipe), or lies in a folder that takes no other file.
    Straight(File),
}

impl WholeFile {
    /// Makes ready to write there. A link stays one: the file that it names is written.
    ///
    /// # Errors
    /// When nothing can be written there.
    pub fn open(path: &Path) -> io::Result<Self> {
        let Ok(linked) = fs::symlink_metadata(path) else {
            return Ok(Self(Form::Beside { file: beside(path, None)?, place: path.to_owned() }));
        };
        // What may not be written may not be replaced.
        let old = OpenOptions::new().write(true).create(linked.is_symlink()).truncate(false).open(path)?;
        let place = path.canonicalize()?;
        let metadata = old.metadata()?;
        if !metadata.is_file() {
            return Ok(Self(Form::Straight(old)));
        }
        Ok(Self(match beside(&place, Some(metadata.permissions())) {
            Ok(file) => Form::Beside { file, place },
            Err(_) => Form::Straight(old),
        }))
    }

    /// Writes the whole text.
    ///
    /// # Errors
    /// When it can't be written; beside a former file, that stays.
    pub fn write(self, text: &str) -> io::Result<()> {
        self.write_with(|out| out.write_all(text.as_bytes()))
    }

    /// Writes what this writes.
    ///
    /// # Errors
    /// When it can't be written; beside a former file, that stays.
    pub fn write_with(self, text: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match self.0 {
            Form::Straight(mut file) => {
                if file.metadata()?.is_file() {
                    file.set_len(0)?;
                }
                text(&mut file)
            }
            Form::Beside { file, place } => {
                text(&mut file.as_file())?;
                file.as_file().sync_all()?;
                file.persist(place)?;
                Ok(())
            }
        }
    }
}

/// Writes a file whole or not at all, without waiting for the disk.
///
/// # Errors
/// When it can't be written; a former file stays.
pub fn put(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = beside(path, None)?;
    // Its own writer names the temporary file in an error.
    file.as_file().write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

/// A new file in the same folder, which goes again unless it is renamed.
fn beside(place: &Path, permissions: Option<fs::Permissions>) -> io::Result<NamedTempFile> {
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".cdrdiag-").suffix(".part");
    // What anybody's new file has, less the umask.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let file = builder.tempfile_in(folder)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_written_after_all_leaves_no_trace_and_an_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let (new, old) = (folder.path().join("new.html"), folder.path().join("old.html"));
        fs::write(&old, "old").unwrap();
        drop((WholeFile::open(&new).unwrap(), WholeFile::open(&old).unwrap()));
        assert!(!new.exists());
        assert_eq!(fs::read_to_string(&old).unwrap(), "old");
        WholeFile::open(&old).unwrap().write("x").unwrap();
        WholeFile::open(&new).unwrap().write("y").unwrap();
        assert_eq!((fs::read_to_string(&old).unwrap(), fs::read_to_string(&new).unwrap()), ("x".into(), "y".into()));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
        assert!(WholeFile::open(&folder.path().join("no/such")).is_err());
        assert!(WholeFile::open(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link, loose) = (folder.path().join("a"), folder.path().join("b"), folder.path().join("c"));
        fs::write(&file, "a longer one").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("a", &link).unwrap();
        symlink("later", &loose).unwrap();
        WholeFile::open(&link).unwrap().write("x").unwrap();
        WholeFile::open(&loose).unwrap().write("y").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "x");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert!(
            fs::symlink_metadata(&link).unwrap().is_symlink() && fs::symlink_metadata(&loose).unwrap().is_symlink()
        );
        assert_eq!(fs::read_to_string(folder.path().join("later")).unwrap(), "y");
        WholeFile::open(Path::new("/dev/null")).unwrap().write("z").unwrap();
    }
}
