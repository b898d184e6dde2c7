//! Everything that a driver has started: its process group, and those that left it but still carry its folder's name.
//!
//! Firefox's crash helper makes a session of its own, so a group alone doesn't hold it. Whatever a driver starts
//! inherits `TMPDIR`, which names a folder that nothing else in the world names.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Kills all of them. The driver must not have been waited for yet: until then its id, and so the group's, can't belong
/// to anybody else.
pub(super) fn kill(group: Pid, folder: Option<&Path>) {
    let _ = kill_process_group(group, Signal::KILL);
    kill_strays(folder);
}

/// Kills those outside of the group; at any time, since each is held by a handle of its own.
pub(super) fn kill_strays(folder: Option<&Path>) {
    #[cfg(target_os = "linux")]
    for process in folder.into_iter().flat_map(strays) {
        let _ = rustix::process::pidfd_send_signal(process, Signal::KILL);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
}

/// Whether one of them still runs. One that is dead but not yet reaped by its new parent does not.
pub(super) fn is_alive(group: Pid, folder: Option<&Path>) -> bool {
    #[cfg(target_os = "linux")]
    if folder.is_some_and(|folder| !strays(folder).is_empty()) {
        return true;
    }
    #[cfg(not(target_os = "linux"))]
    let _ = folder;
    if test_kill_process_group(group).is_err() {
        return false;
    }
    let Ok(processes) = std::fs::read_dir("/proc") else { return true };
    processes.flatten().any(|process| {
        let Some((state, of)) = state_and_group(&process.path()) else { return false };
        of == group.as_raw_nonzero().get() && state != 'Z'
    })
}

/// A process's state and group, from `/proc/ID/stat`.
fn state_and_group(process: &Path) -> Option<(char, i32)> {
    // pid (name) state ppid pgrp ...: the name may hold anything, so read from its end.
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(1)?.parse().ok()?))
}

/// Handles of the living processes whose environment or command line names the folder; not our own, which made it.
#[cfg(target_os = "linux")]
fn strays(folder: &Path) -> Vec<std::os::fd::OwnedFd> {
    use std::os::unix::ffi::OsStrExt as _;
    let needle = folder.as_os_str().as_bytes();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let names_it = |file: std::path::PathBuf| {
        std::fs::read(file).is_ok_and(|text| text.windows(needle.len()).any(|part| part == needle))
    };
    processes
        .flatten()
        .filter_map(|entry| {
            let id: i32 = entry.file_name().to_str()?.parse().ok()?;
            if id.cast_unsigned() == std::process::id() {
                return None;
            }
            // First the handle, then the look: what was looked at is what the handle stands for.
            let handle = rustix::process::pidfd_open(Pid::from_raw(id)?, rustix::process::PidfdFlags::empty()).ok()?;
            let path = entry.path();
            let lives = state_and_group(&path).is_some_and(|(state, _)| state != 'Z');
            (lives && (names_it(path.join("environ")) || names_it(path.join("cmdline")))).then_some(handle)
        })
        .collect()
}
