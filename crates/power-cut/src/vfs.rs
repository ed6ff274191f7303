//! How SQLite comes to the disk: a VFS over its own, which becomes the default of this process.
//!
//! Files outside of all disks are opened as ever. Those on a disk are the ones that the VFS beneath opens, with a few
//! of their methods replaced: reading, sizes, locks and shared memory stay what they are.

#![expect(unsafe_code, reason = "SQLite calls, and is called, in C")]

use std::ffi::{CStr, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::{Arc, Mutex, Once};

use libsqlite3_sys::{
    SQLITE_CANTOPEN, SQLITE_IOERR_DELETE, SQLITE_IOERR_FSYNC, SQLITE_IOERR_LOCK, SQLITE_IOERR_READ,
    SQLITE_IOERR_SHMLOCK, SQLITE_IOERR_TRUNCATE, SQLITE_IOERR_WRITE, SQLITE_OK, sqlite3_file, sqlite3_io_methods,
    sqlite3_vfs, sqlite3_vfs_find, sqlite3_vfs_register,
};

use crate::content::Change;
use crate::power::Power;
use crate::{folders, lock};

/// A file on a disk. Its methods come first, so that SQLite's pointer to them is one to all of this.
#[repr(C)]
struct OnDisk {
    methods: sqlite3_io_methods,
    beneath: *const sqlite3_io_methods,
    path: PathBuf,
    power: Arc<Mutex<Power>>,
}

/// Makes this the VFS of whoever asks for none.
pub(crate) fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // SAFETY: SQLite's default VFS stays where it is. Ours is a copy of it that is never freed; what is not replaced in it
        // works with any `sqlite3_vfs`, and only `xOpen` looks at `pAppData`.
        let registered = unsafe {
            let beneath = sqlite3_vfs_find(ptr::null());
            let ours = sqlite3_vfs {
                pNext: ptr::null_mut(),
                zName: c"power-cut".as_ptr(),
                pAppData: beneath.cast(),
                xOpen: Some(open),
                xDelete: Some(delete),
                ..*beneath
            };
            sqlite3_vfs_register(Box::into_raw(Box::new(ours)), 1)
        };
        assert_eq!(registered, SQLITE_OK, "SQLite takes another VFS");
    });
}

/// Finds the disk of a file.
///
/// # Safety
///
/// `name` is null or a string that ends with a zero.
unsafe fn disk_of(name: *const c_char) -> Option<(PathBuf, Arc<Mutex<Power>>)> {
    if name.is_null() {
        return None;
    }
    // SAFETY: it is not null.
    let name = unsafe { CStr::from_ptr(name) };
    let path = Path::new(OsStr::from_bytes(name.to_bytes()));
    let power = Arc::clone(folders().get(path.parent()?)?);
    Some((path.to_owned(), power))
}

/// Returns the file that SQLite means.
///
/// # Safety
///
/// `file` was opened by [`open`] on a disk and is not closed.
unsafe fn on_disk<'f>(file: *mut sqlite3_file) -> &'f OnDisk {
    // SAFETY: `open` let the methods point to a whole `OnDisk`, which lives until `close`.
    unsafe { &*(*file).pMethods.cast() }
}

/// Calls a method of the file, or of the VFS, beneath.
macro_rules! beneath {
    ($methods:expr, $method:ident($($argument:expr),*)) => {
        ((*$methods).$method.expect("SQLite's own have all methods"))($($argument),*)
    };
}

unsafe extern "C" fn open(
    vfs: *mut sqlite3_vfs,
    name: *const c_char,
    file: *mut sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    // SAFETY: SQLite gives the VFS that was registered, a name or null, and room for a file of the VFS beneath, which is as
    // large as ours says. Once that has opened it, its methods are there for ever, and those of ours until `close`.
    unsafe {
        let beneath: *mut sqlite3_vfs = (*vfs).pAppData.cast();
        let Some((path, power)) = disk_of(name) else {
            return beneath!(beneath, xOpen(beneath, name, file, flags, out_flags));
        };
        let mut supply = lock(&power);
        if supply.is_off() {
            (*file).pMethods = ptr::null();
            return SQLITE_CANTOPEN;
        }
        supply.opens(&path);
        let opened = beneath!(beneath, xOpen(beneath, name, file, flags, out_flags));
        drop(supply);
        if opened == SQLITE_OK {
            let beneath = (*file).pMethods;
            let methods = sqlite3_io_methods {
                // Without what maps files into memory, where writes would not be seen.
                iVersion: 2,
                xClose: Some(close),
                xRead: Some(read),
                xWrite: Some(write),
                xTruncate: Some(truncate),
                xSync: Some(sync),
                xLock: Some(take_lock),
                xShmLock: Some(shared_memory_lock),
                ..*beneath
            };
            (*file).pMethods = Box::into_raw(Box::new(OnDisk { methods, beneath, path, power })).cast();
        }
        opened
    }
}

unsafe extern "C" fn delete(vfs: *mut sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite gives the VFS that was registered, and a name.
    unsafe {
        let beneath: *mut sqlite3_vfs = (*vfs).pAppData.cast();
        let Some((path, power)) = disk_of(name) else {
            return beneath!(beneath, xDelete(beneath, name, sync_folder));
        };
        let mut power = lock(&power);
        if !power.lasts() {
            return SQLITE_IOERR_DELETE;
        }
        let deleted = beneath!(beneath, xDelete(beneath, name, sync_folder));
        if deleted == SQLITE_OK {
            power.deletes(&path);
        }
        deleted
    }
}

unsafe extern "C" fn close(file: *mut sqlite3_file) -> c_int {
    // SAFETY: SQLite closes a file of ours once, and uses it no more.
    unsafe {
        let open: Box<OnDisk> = Box::from_raw((*file).pMethods.cast_mut().cast());
        (*file).pMethods = open.beneath;
        beneath!(open.beneath, xClose(file))
    }
}

unsafe extern "C" fn read(file: *mut sqlite3_file, into: *mut c_void, length: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives a file of ours.
    unsafe {
        let open = on_disk(file);
        open.asks(SQLITE_IOERR_READ, || beneath!(open.beneath, xRead(file, into, length, at)))
    }
}

unsafe extern "C" fn write(file: *mut sqlite3_file, from: *const c_void, length: c_int, at: i64) -> c_int {
    // SAFETY: SQLite gives a file of ours, and so many bytes.
    unsafe {
        let bytes = || std::slice::from_raw_parts(from.cast(), length as usize).to_vec();
        let change = || Change::Write { at: at as usize, bytes: bytes() };
        let open = on_disk(file);
        open.changes(SQLITE_IOERR_WRITE, change, || beneath!(open.beneath, xWrite(file, from, length, at)))
    }
}

unsafe extern "C" fn truncate(file: *mut sqlite3_file, at: i64) -> c_int {
    // SAFETY: SQLite gives a file of ours.
    unsafe {
        let open = on_disk(file);
        let change = || Change::CutOff { at: at as usize };
        open.changes(SQLITE_IOERR_TRUNCATE, change, || beneath!(open.beneath, xTruncate(file, at)))
    }
}

unsafe extern "C" fn sync(file: *mut sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file of ours.
    let open = unsafe { on_disk(file) };
    let mut power = lock(&open.power);
    if !power.lasts() {
        return SQLITE_IOERR_FSYNC;
    }
    power.syncs(&open.path);
    SQLITE_OK
}

unsafe extern "C" fn take_lock(file: *mut sqlite3_file, level: c_int) -> c_int {
    // SAFETY: SQLite gives a file of ours.
    unsafe {
        let open = on_disk(file);
        open.asks(SQLITE_IOERR_LOCK, || beneath!(open.beneath, xLock(file, level)))
    }
}

unsafe extern "C" fn shared_memory_lock(file: *mut sqlite3_file, from: c_int, count: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite gives a file of ours.
    unsafe {
        let open = on_disk(file);
        open.asks(SQLITE_IOERR_SHMLOCK, || beneath!(open.beneath, xShmLock(file, from, count, flags)))
    }
}

impl OnDisk {
    /// Asks the file beneath.
    fn asks(&self, without_power: c_int, beneath: impl FnOnce() -> c_int) -> c_int {
        if lock(&self.power).is_off() { without_power } else { beneath() }
    }

    /// Changes the file beneath, and remembers that the disk does not have it yet.
    fn changes(&self, without_power: c_int, change: impl FnOnce() -> Change, beneath: impl FnOnce() -> c_int) -> c_int {
        let mut power = lock(&self.power);
        if !power.lasts() {
            return without_power;
        }
        let changed = beneath();
        if changed == SQLITE_OK {
            power.changes(&self.path, change());
        }
        changed
    }
}
