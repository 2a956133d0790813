//! Which of the entries answer a question best.

use super::entries::Entries;
use super::entry::{Facts, View};
use super::query::{Queries, Query};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// BM25's usual constants: how soon a word's repetition stops to count, and how much a long text is held against it.
const REPETITION: f32 = 1.2;
const LENGTH: f32 = 0.75;
/// Reciprocal rank fusion: the n-th place of a list is worth 1 / (60 + n).
const FUSION: f32 = 60.0;
/// Further down, a place is worth nothing.
const DEEPEST: usize = 200;

/// What is left of the score of a memory that is superseded.
const SUPERSEDED: f32 = 0.5;

/// A memory that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ranked<Id> {
    pub id: Id,
    /// 1 if it comes first by every question, in words and in spelling, and is of today; more if it is important.
    pub score: f32,
    /// The one, of those that are seen, that is to be read instead.
    pub superseded_by: Option<Id>,
    /// The question that it answers best: 0 is the query itself, 1 the first paraphrase, and so on.
    pub by: usize,
}

/// Those of the entries that are seen and asked for, and that answer, best first; what scores alike comes in the order of
/// ids. Scores rest on these alone, so they tell nothing of the rest; what is to be read instead of one need only be seen.
pub fn search<'a, Id: Copy + Ord + 'a>(
    parts: impl IntoIterator<Item = &'a Entries<Id>>,
    queries: &Queries,
    is_seen: impl Fn(&Facts<'_>) -> bool,
    is_asked: impl Fn(&Facts<'_>) -> bool,
    now: Timestamp,
) -> Vec<Ranked<Id>> {
    let all = parts.into_iter().flat_map(Entries::views);
    let mut kept: Vec<(Id, View<'_>)> = all.filter(|(_, view)| is_seen(&view.facts)).collect();
    kept.sort_by_key(|(id, _)| *id);
    let instead = |(id, view): &(Id, View<'_>)| (view.supersedes > 0).then_some((view.supersedes, *id));
    let instead: BTreeMap<u32, Id> = kept.iter().filter_map(instead).collect();
    kept.retain(|(_, view)| is_asked(&view.facts));
    let views: Vec<View<'_>> = kept.iter().map(|(_, view)| *view).collect();

    let most = 2.0 * queries.0.len() as f32;
    let ranked = kept.into_iter().zip(fused(&views, queries)).filter(|(_, found)| found.sum > 0.0);
    let of = |((id, view), found): ((Id, View<'_>), Found)| {
        let superseded_by = instead.get(&view.id).copied();
        let rest = superseded_by.map_or(1.0, |_| SUPERSEDED);
        Ranked { id, score: found.sum / most * view.facts.weight(now) * rest, superseded_by, by: found.by }
    };
    let mut ranked: Vec<_> = ranked.map(of).collect();
    ranked.sort_by(|one, other| other.score.total_cmp(&one.score).then(one.id.cmp(&other.id)));
    ranked
}

/// What an entry gained from all lists, and from which question the most.
#[derive(Debug, Clone, Copy, Default)]
struct Found {
    sum: f32,
    most: f32,
    by: usize,
}

impl Found {
    fn add(&mut self, gain: f32, by: usize) {
        self.sum += gain;
        if gain > self.most {
            (self.most, self.by) = (gain, by);
        }
    }
}

/// What each entry gains, list by list.
fn fused(views: &[View<'_>], queries: &Queries) -> Vec<Found> {
    let mut found = vec![Found::default(); views.len()];
    for (query, by) in queries.0.iter().zip(0..) {
        let mut gains = vec![0.0; views.len()];
        for list in [by_words(views, query), by_spelling(views, query)] {
            for (at, place) in places(&list) {
                if let Some(gain) = gains.get_mut(at) {
                    *gain += (FUSION + 1.0) / (FUSION + 1.0 + place);
                }
            }
        }
        found.iter_mut().zip(gains).for_each(|(found, gain)| found.add(gain, by));
    }
    found
}

/// BM25: rare words count for more than frequent ones.
fn by_words(views: &[View<'_>], query: &Query) -> Vec<(usize, f32)> {
    let all = views.len() as f32;
    let average = views.iter().map(|view| f32::from(view.length)).sum::<f32>() / all.max(1.0);
    let mut scores = vec![0.0; views.len()];
    for word in &query.words {
        let counts = || views.iter().map(|view| word.term(view.language).map_or(0, |term| view.count(term)));
        let counts: Vec<u8> = counts().collect();
        let having = counts.iter().filter(|count| **count > 0).count() as f32;
        let rarity = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
        for ((score, view), count) in scores.iter_mut().zip(views).zip(counts).filter(|(_, count)| *count > 0)
        {
            let (count, long) = (f32::from(count), f32::from(view.length) / average.max(1.0));
            *score +=
                rarity * count * (REPETITION + 1.0) / (count + REPETITION * (1.0 - LENGTH + LENGTH * long));
        }
    }
    best(scores, 0.0)
}

/// By the likeness of vectors, as far as it is more than chance.
fn by_spelling(views: &[View<'_>], query: &Query) -> Vec<(usize, f32)> {
    let scores = views.iter().map(|view| query.vector.likeness(&view.vector).unwrap_or_default()).collect();
    best(scores, query.vector.chance(views.len()))
}

/// Best first, by their index among all.
fn best(scores: Vec<f32>, above: f32) -> Vec<(usize, f32)> {
    let mut list: Vec<(usize, f32)> =
        scores.into_iter().enumerate().filter(|(_, score)| *score > above).collect();
    let order =
        |one: &(usize, f32), other: &(usize, f32)| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0));
    if list.len() > DEEPEST {
        list.select_nth_unstable_by(DEEPEST, order);
        list.truncate(DEEPEST);
    }
    list.sort_unstable_by(order);
    list
}

/// Each one's place, from 0 on; equals share one. Places hide by how much one is better than the next, so who has less
/// than half of the best one's score stands back far enough that no youth brings it before an old one that has all.
fn places(list: &[(usize, f32)]) -> impl Iterator<Item = (usize, f32)> {
    let half = list.first().map_or(0.0, |(_, best)| best / 2.0);
    let mut last = (f32::NAN, 0.0);
    list.iter().zip(0u16..).map(move |((at, score), position)| {
        if *score != last.0 {
            let back = if *score < half { DEEPEST } else { 0 };
            last = (*score, f32::from(position) + back as f32);
        }
        (*at, last.1)
    })
}
