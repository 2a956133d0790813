use super::*;

#[test]
fn only_counters_and_marks_of_earlier_windows_are_past() {
    let windows = Windows { second: 1_800_000_030 };
    let of = |window: Window, before: i64| format!("{}{}", window.letter(), windows.number(window) - before);
    for window in Window::ALL {
        for mark in ["", "w", "l"] {
            assert!(windows.are_past(&format!("{mark}{}", of(window, 1))));
            assert!(!windows.are_past(&format!("{mark}{}", of(window, 0))));
        }
        assert!(!windows.are_past(window.name()));
    }
    assert!(!windows.are_past("in_address") && !windows.are_past("key_0000000000000000000000000000000d1"));
}
