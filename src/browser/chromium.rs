//! What Chromium is asked to be: one that listens well, reaches for no network, and does without its own extras.
//!
//! Boundary: what is here for speed must not change what a page can find out.

use super::refusals;
use super::wanted::{Machine, Wanted};

/// With the first three a page says goodbye when nobody listens any more: what it fires then would be lost. The others would
/// take more of the machine than the page under test: for each user context a process that waits for a second site, for
/// each window two more that wait for somebody to type an address, and in each page a look at its language.
const DISABLED: &str = "--disable-features=BackForwardCache,RenderDocument,ProactivelySwapBrowsingInstance,\
    SpareRendererForSitePerProcess,PreloadTopChromeWebUI,WebUIOmniboxPopup,WebUIOmniboxAimPopup,Translate,OptimizationHints";

/// Features without which frames of other sites have no process of their own, and the switch that leaves them so.
const NO_ISOLATION: &str = ",IsolateOrigins,site-per-process,IsolateSandboxedIframes,OriginKeyedProcessesByDefault";
const NO_TRIALS: &str = "--disable-site-isolation-trials";

/// Switches of the browser's program (chromedriver, "Capabilities", `goog:chromeOptions.args`).
pub(super) fn arguments(wanted: &Wanted) -> Vec<String> {
    let mut args = vec![
        // Nothing but the page under test reaches for the network.
        "--no-first-run",
        "--no-default-browser-check",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-default-apps",
        "--disable-breakpad",
        // Windows side by side run at full speed.
        "--disable-backgrounding-occluded-windows",
        "--disable-background-timer-throttling",
        "--disable-renderer-backgrounding",
    ];
    let mut disabled = DISABLED.to_owned();
    if wanted.one_process {
        args.push(NO_TRIALS);
        disabled.push_str(NO_ISOLATION);
    }
    args.extend(refusals::CHROMIUM);
    if !wanted.headed {
        args.extend(["--headless=new", "--disable-gpu"]);
    }
    let (no_sandbox, no_shared_memory) = match wanted.machine {
        // Containers often give 64 MB, in which renderers crash.
        Machine::This { is_root } => (is_root, small_shared_memory()),
        Machine::Other { contained } => (contained, contained),
    };
    if no_sandbox {
        args.push("--no-sandbox");
    }
    if no_shared_memory {
        args.push("--disable-dev-shm-usage");
    }
    std::iter::once(disabled).chain(args.into_iter().map(str::to_owned)).collect()
}

fn small_shared_memory() -> bool {
    rustix::fs::statvfs("/dev/shm").is_ok_and(|stat| stat.f_blocks * stat.f_frsize < 256 << 20)
}
