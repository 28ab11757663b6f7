//! scaffolding
fn main() {
    use tokengauge::runtime::{demo, looks::Looks, dashboard::Surroundings};
    use tokengauge::ui::{colour::ColourDepth, glyphs::GlyphSet};
    let args: Vec<String> = std::env::args().collect();
    let theme = args.get(1).map_or("dark", String::as_str);
    let speed = args.get(2).and_then(|s| s.parse().ok()).unwrap_or(1);
    let looks = Looks::new(&[], theme, ColourDepth::TrueColour, GlyphSet::Smooth, tokengauge::keymap::Keymap::default()).unwrap();
    let rt = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ended = rt.block_on(demo::run(args.get(3).map_or("fleet", String::as_str), speed, looks, &Surroundings { tmux: std::env::var("TMUX").ok(), display: false, directory: std::env::temp_dir() }));
    eprintln!("{ended:?}");
}
