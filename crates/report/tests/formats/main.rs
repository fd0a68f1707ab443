//! What each format shows to its reader, and that nothing scanned can break out of it.

mod accepted;
mod fixture;
mod hostile;
mod machines;
mod people;

/// Renders `report` in the format called `name`, as text.
fn rendered(name: &str, report: &tenure_model::Report, style: &tenure_report::Style) -> String {
    let format = tenure_report::format(name).unwrap_or_else(|| panic!("there is no format {name}"));
    let mut bytes = Vec::new();
    format.write(report, style, &mut bytes).expect("writing to memory does not fail");
    String::from_utf8(bytes).expect("every format is UTF-8")
}
