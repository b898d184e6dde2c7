//! Everything that a driver has started: its process group, whatever descends from it, and those that left both but were
//! given its folder.
//!
//! Firefox's crash helper makes a session of its own, so a group alone doesn't hold it. Whatever a driver starts
//! inherits `TMPDIR`, a folder that nobody else is given. A command line isn't looked at: somebody may be reading a log in
//! there.

use std::path::Path;

use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};

/// Kills all of them. The driver must not have been waited for yet: until then its id, and so the group's, can't belong
/// to anybody else.
pub(super) fn kill(group: Pid, folder: Option<&Path>) {
    // Before their parents are gone, by whom they're known.
    #[cfg(target_os = "linux")]
    let below = descendants(group.as_raw_nonzero().get());
    let _ = kill_process_group(group, Signal::KILL);
    #[cfg(target_os = "linux")]
    for process in below {
        let _ = rustix::process::pidfd_send_signal(process, Signal::KILL);
    }
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

/// A process's state and group.
fn state_and_group(process: &Path) -> Option<(char, i32)> {
    stat(process).map(|(state, _, group)| (state, group))
}

/// A process's state, parent and group, from `/proc/ID/stat`.
fn stat(process: &Path) -> Option<(char, i32, i32)> {
    // pid (name) state ppid pgrp ...: the name may hold anything, so read from its end.
    let stat = std::fs::read_to_string(process.join("stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
}

/// Handles of the processes below one, but not of itself.
#[cfg(target_os = "linux")]
fn descendants(ancestor: i32) -> Vec<std::os::fd::OwnedFd> {
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let parents: Vec<(i32, i32)> = processes
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, stat(&entry.path())?.1)))
        .collect();
    let mut below = vec![ancestor];
    let mut handles = Vec::new();
    let mut at = 0;
    while let Some(parent) = below.get(at).copied() {
        at += 1;
        for (id, _) in parents.iter().filter(|(_, of)| *of == parent) {
            let handle = Pid::from_raw(*id)
                .and_then(|id| rustix::process::pidfd_open(id, rustix::process::PidfdFlags::empty()).ok());
            // Whoever has its number by now has another parent.
            let same = stat(&Path::new("/proc").join(id.to_string())).is_some_and(|(_, of, _)| of == parent);
            if let Some(handle) = handle.filter(|_| same && !below.contains(id)) {
                below.push(*id);
                handles.push(handle);
            }
        }
    }
    handles
}

/// Handles of the living processes that were given the folder as `TMPDIR`; not our own, which made it.
#[cfg(target_os = "linux")]
fn strays(folder: &Path) -> Vec<std::os::fd::OwnedFd> {
    use std::os::unix::ffi::OsStrExt as _;
    let needle = [b"TMPDIR=", folder.as_os_str().as_bytes()].concat();
    let Ok(processes) = std::fs::read_dir("/proc") else { return Vec::new() };
    let was_given = |process: &Path| {
        std::fs::read(process.join("environ")).is_ok_and(|all| all.split(|byte| *byte == 0).any(|one| one == needle))
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
            (lives && was_given(&path)).then_some(handle)
        })
        .collect()
}
