//! Numbers, moments and durations as a reader takes them in, and text cut to the cells there are.

use chrono::{DateTime, Datelike, FixedOffset, TimeDelta, Utc};
use ratatui::{style::Style, text::Span};
use unicode_width::UnicodeWidthStr;

use super::glyphs::Glyphs;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// The widest [`duration_short`] below a thousand days: `1:12:04`.
pub const DURATION_SHORT_WIDTH: u16 = 7;

/// For lists: `58:31` (minutes and seconds), `1:12:04` below ten hours, `23 h` below two days, then `83 d`.
pub fn duration_short(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds().max(0);
    let (hours, minutes, rest) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    match hours {
        0 => format!("{minutes}:{rest:02}"),
        1..10 => format!("{hours}:{minutes:02}:{rest:02}"),
        10..48 => format!("{hours} h"),
        _ => format!("{} d", seconds / DAY),
    }
}

/// Where there is room: `00:41:07` below a day, then `83 d 4 h`.
pub fn duration_long(duration: TimeDelta) -> String {
    let seconds = duration.num_seconds().max(0);
    let (hours, minutes, rest) = (seconds / HOUR, seconds % HOUR / MINUTE, seconds % MINUTE);
    match hours {
        0..24 => format!("{hours:02}:{minutes:02}:{rest:02}"),
        _ => format!("{} d {} h", seconds / DAY, hours % 24),
    }
}

/// How long ago something was: `just now` below a minute, `12 days ago`, `2 years ago`. What lies ahead is `just now`.
pub fn ago(elapsed: TimeDelta) -> String {
    let seconds = elapsed.num_seconds().max(0);
    let days = seconds / DAY;
    let (count, unit) = match () {
        () if seconds < MINUTE => return "just now".to_owned(),
        () if seconds < HOUR => (seconds / MINUTE, "minute"),
        () if seconds < DAY => (seconds / HOUR, "hour"),
        () if days < 2 * 365 => (days, "day"),
        () => (days / 365, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural} ago")
}

/// The time on the person's wall: `14:52` today, `12 Mar 14:52` this year, `12 Mar 2027` in another.
pub fn clock_time(moment: DateTime<Utc>, now: DateTime<Utc>, offset: FixedOffset) -> String {
    let (moment, today) = (moment.with_timezone(&offset), now.with_timezone(&offset));
    let form = match () {
        () if moment.date_naive() == today.date_naive() => "%H:%M",
        () if moment.year() == today.year() => "%-d %b %H:%M",
        () => "%-d %b %Y",
    };
    moment.format(form).to_string()
}

/// The day on the person's wall: `12 Mar 2027`.
pub fn calendar_day(moment: DateTime<Utc>, offset: FixedOffset) -> String {
    moment.with_timezone(&offset).format("%-d %b %Y").to_string()
}

/// `text` in at most `width` cells, with a mark at its end where it was cut. Control characters are dropped, and no
/// character is torn apart.
pub fn fit(text: &str, width: u16, glyphs: &Glyphs) -> String {
    let width = usize::from(width);
    let span = Span::raw(text);
    let characters: Vec<&str> = span.styled_graphemes(Style::new()).map(|grapheme| grapheme.symbol).collect();
    let whole = characters.concat();
    if whole.width() <= width {
        return whole;
    }
    let Some(room) = width.checked_sub(glyphs.cut.width()) else { return String::new() };
    let mut used = 0;
    let kept = characters.into_iter().take_while(|character| {
        used += character.width();
        used <= room
    });
    kept.collect::<String>().trim_end().to_owned() + glyphs.cut
}

/// `text` in exactly `width` cells: cut like [`fit`], or with blanks after it.
pub fn fill(text: &str, width: u16, glyphs: &Glyphs) -> String {
    let fitted = fit(text, width, glyphs);
    let blanks = usize::from(width).saturating_sub(fitted.width());
    fitted + &" ".repeat(blanks)
}

/// `text` in exactly `width` cells: cut like [`fit`], or with blanks before it, as numbers stand.
pub fn fill_left(text: &str, width: u16, glyphs: &Glyphs) -> String {
    let fitted = fit(text, width, glyphs);
    " ".repeat(usize::from(width).saturating_sub(fitted.width())) + &fitted
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::super::glyphs::GlyphSet;
    use super::*;

    #[test]
    fn short_durations() {
        for (seconds, expected) in [
            (-5, "0:00"),
            (0, "0:00"),
            (192, "3:12"),
            (3_511, "58:31"),
            (3_600, "1:00:00"),
            (4_324, "1:12:04"),
            (35_999, "9:59:59"),
            (36_000, "10 h"),
            (82_900, "23 h"),
            (172_799, "47 h"),
            (172_800, "2 d"),
            (83 * DAY + 5, "83 d"),
            (i64::MAX / 1000, "106751991167 d"),
        ] {
            assert_eq!(duration_short(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn long_durations() {
        for (seconds, expected) in [
            (-1, "00:00:00"),
            (2_467, "00:41:07"),
            (DAY - 1, "23:59:59"),
            (DAY, "1 d 0 h"),
            (83 * DAY + 4 * HOUR + 59, "83 d 4 h"),
        ] {
            assert_eq!(duration_long(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn short_durations_keep_their_column() {
        for seconds in (0..999 * DAY).step_by(7_919) {
            let text = duration_short(TimeDelta::seconds(seconds));
            assert!(text.len() <= usize::from(DURATION_SHORT_WIDTH), "{text}");
        }
    }

    #[test]
    fn elapsed_time_has_one_unit() {
        for (seconds, expected) in [
            (-100, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (3_599, "59 minutes ago"),
            (3_600, "1 hour ago"),
            (12 * DAY, "12 days ago"),
            (729 * DAY, "729 days ago"),
            (730 * DAY, "2 years ago"),
        ] {
            assert_eq!(ago(TimeDelta::seconds(seconds)), expected);
        }
    }

    #[test]
    fn clock_time_says_the_day_when_it_is_another() {
        let offset = FixedOffset::east_opt(3600).unwrap();
        let utc = |year, month, day, hour| Utc.with_ymd_and_hms(year, month, day, hour, 52, 0).unwrap();
        let now = utc(2026, 3, 11, 12);
        for (moment, expected) in [
            (utc(2026, 3, 11, 13), "14:52"),
            (utc(2026, 3, 10, 23), "00:52"),
            (utc(2026, 3, 11, 23), "12 Mar 00:52"),
            (utc(2026, 3, 2, 13), "2 Mar 14:52"),
            (utc(2027, 3, 12, 13), "12 Mar 2027"),
        ] {
            assert_eq!(clock_time(moment, now, offset), expected);
        }
        assert_eq!(calendar_day(utc(2026, 12, 31, 23), offset), "1 Jan 2027");
    }

    #[test]
    fn text_is_cut_by_display_width() {
        let smooth = GlyphSet::Smooth.glyphs();
        for (text, width, expected) in [
            ("contoso", 7, "contoso"),
            ("contoso", 6, "conto…"),
            ("contoso", 1, "…"),
            ("contoso", 0, ""),
            ("", 0, ""),
            ("two words", 5, "two…"),
            ("日本語", 6, "日本語"),
            ("日本語", 5, "日本…"),
            ("日本語", 4, "日…"),
            ("cafe\u{301} au lait", 5, "cafe\u{301}…"),
            ("a\tb\u{1b}c\n", 9, "abc"),
        ] {
            assert_eq!(fit(text, width, smooth), expected, "{text} in {width}");
        }
        assert_eq!(fit("contoso", 6, GlyphSet::Ascii.glyphs()), "conto~");
    }

    #[test]
    fn filled_text_has_exactly_its_width() {
        let glyphs = GlyphSet::Smooth.glyphs();
        for text in ["", "ok", "日本語", "northwind", "👩‍🔧 engineer"] {
            for width in 0..14 {
                assert_eq!(fill(text, width, glyphs).width(), usize::from(width));
                assert_eq!(fill_left(text, width, glyphs).width(), usize::from(width));
            }
        }
        assert_eq!(fill_left("83 d", 7, glyphs), "   83 d");
    }
}
