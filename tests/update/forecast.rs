//! The forecast: lanes of ninety days, in place of the list, where everything else goes on working.

use tokengauge::app::connections::Showing;
use tokengauge::app::{Panel, Tab};
use tokengauge::domain::TroubleKind;
use tokengauge::domain::forecast::{CELLS, Cell, Lane};

use super::fixtures::*;

fn lane(own: &tokengauge::domain::Overview) -> Lane {
    Lane::of(own, start())
}

fn count(lane: &Lane, cell: Cell) -> usize {
    lane.cells.iter().filter(|own| **own == cell).count()
}

#[test]
fn a_lane_works_to_its_first_end_and_marks_both() {
    let mut own = renewed("adatum", start() - days(50));
    own.credential = secret(Some(days(13)));
    let lane = lane(&own);
    assert_eq!(
        (lane.credential, lane.refresh_token),
        (Some(4), Some(13)),
        "in the cells of day 13 and day 40"
    );
    assert_eq!((count(&lane, Cell::Works), count(&lane, Cell::AfterFirstEnd)), (5, CELLS - 5));
    assert!(lane.cells[..=4].iter().all(|cell| *cell == Cell::Works));
}

#[test]
fn ends_beyond_ninety_days_have_no_mark() {
    let lane = lane(&renewed("adatum", start()));
    assert_eq!((lane.credential, lane.refresh_token), (None, None));
    assert_eq!(count(&lane, Cell::Works), CELLS);
}

#[test]
fn what_needs_a_person_cannot_be_used_at_all() {
    for own in [unsigned("adatum"), troubled("adatum", TroubleKind::SignInNeeded)] {
        assert_eq!(count(&lane(&own), Cell::Unusable), CELLS);
    }
    let mut over = renewed("adatum", start() - days(91));
    assert_eq!(count(&lane(&over), Cell::Unusable), CELLS, "{over:?}");
    over.credential = secret(Some(days(-1)));
    assert_eq!(lane(&over).credential, None, "what is over has no mark");
}

#[test]
fn a_key_shows_it_and_the_keys_of_the_list_go_on_working() {
    let mut desk = Desk::open(vec![healthy("adatum"), healthy("fabrikam")]);
    desk.press("w");
    assert_eq!(desk.app.connections.showing, Showing::Forecast);
    let first = desk.chosen().to_owned();
    desk.press("Down");
    assert_ne!(desk.chosen(), first);
    desk.press("e");
    assert!(matches!(desk.app.panel, Some(Panel::Input(_))));
    desk.press("Esc");
    desk.press("Esc");
    assert_eq!((desk.app.connections.showing, desk.app.tab), (Showing::Clocks, Tab::Connections));
    desk.press("w");
    desk.press("w");
    assert_eq!(desk.app.connections.showing, Showing::Clocks);
}
