//! Makes every command deny-by-default: only what `capabilities/main.json` names can be called from the view.

include!("src/command_names.rs");

fn main() {
    // The view is built by npm. Without it the crate still compiles, for checks and tests that show no window.
    println!("cargo:rerun-if-changed=../ui/dist");
    std::fs::create_dir_all("../ui/dist").expect("the folder of the view can be made");
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))
        .expect("tauri.conf.json and the capabilities are valid");
}
