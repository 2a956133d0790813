use std::fmt;

use crate::engine::Kind;

/// A Markdown table with a column for each candidate, its rows in the order first named.
#[derive(Default)]
pub struct Table {
    rows: Vec<(String, [Option<String>; Kind::ALL.len()])>,
}

impl Table {
    pub fn set(&mut self, label: &str, kind: Kind, cell: String) {
        let row = match self.rows.iter().position(|(name, _)| name == label) {
            Some(row) => row,
            None => {
                self.rows.push((label.to_owned(), Default::default()));
                self.rows.len() - 1
            }
        };
        self.rows[row].1[kind as usize] = Some(cell);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = Kind::ALL.map(Kind::title).join(" | ");
        writeln!(out, "| | {titles} |\n|---|{}", "---:|".repeat(Kind::ALL.len()))?;
        for (label, cells) in &self.rows {
            let cells = cells.each_ref().map(|cell| cell.as_deref().unwrap_or("–")).join(" | ");
            writeln!(out, "| {label} | {cells} |")?;
        }
        Ok(())
    }
}
