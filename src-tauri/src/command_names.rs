/// Every command of the desktop. The build script makes one permission of each; a test compares this list with
/// `capabilities/main.json`.
const COMMANDS: &[&str] =
    &["launch_folder", "make_demo", "start_scan", "cancel_scan", "overview", "identities", "identity"];
