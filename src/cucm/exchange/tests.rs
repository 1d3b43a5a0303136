use proptest::prelude::*;

use super::*;

const QUICK: Duration = Duration::ZERO;
const LONG: Duration = Duration::from_secs(5);

fn exchange(command: &str, kind: Kind) -> Exchange {
    Exchange::new(command, Habits::new(Prompt::of(b"admin:").unwrap()), kind)
}

fn bar(first: u64, last: u64, total: u64) -> String {
    format!(
        "\x1b[1m\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines {first} - {last} of {total}) : \x1b[0m\r\n"
    )
}

/// Lines as the viewer shows them.
fn page(first: u64, last: u64) -> String {
    (first..=last).map(|line| format!("line {line}\r\n")).collect::<Vec<_>>().concat()
}

fn assembled(one: Exchange, size: u64) -> viewed::Viewed {
    let output = one.finish();
    viewed::assemble(&output.pages, &output.rest, Some(size), None)
}

#[test]
fn both_pagers_are_turned_and_cut_out() {
    let mut one = exchange("show status", Kind::Text);
    one.take(b"show status\r\na\r\n\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m");
    assert_eq!(one.next(QUICK), Next::Send(Key::Page, 1));
    one.take(b"\r\x1b[Kb\r\nadmin:");
    assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Done));
    assert_eq!(one.finish().text, b"a\r\nb\r\n");

    let mut one = exchange("file view x", Kind::File(Some(4)));
    one.take(format!("file view x\r\n\r\na\r\n{}", bar(1, 1, 2)).as_bytes());
    assert_eq!((one.next(QUICK), one.next(SURE)), (Next::Wait, Next::Send(Key::Next, 1)), "more of the bar may come");
    one.take(format!("b\r\n{}", bar(2, 2, 2)).as_bytes());
    assert_eq!(one.next(QUICK), Next::Send(Key::Quit, 1));
    one.take(b"\r\nadmin:");
    assert_eq!(one.next(SURE), Next::Done);
    let viewed = assembled(one, 4);
    assert_eq!((viewed.bytes.as_slice(), viewed.complete), (b"a\nb\n".as_slice(), true));
}

#[test]
fn page_keys_go_ahead_as_far_as_pages_are_left_and_no_further() {
    let mut one = exchange("file view x", Kind::File(None));
    one.take(format!("file view x\r\n\r\n{}{}", page(1, 20), bar(1, 20, 130)).as_bytes());
    assert_eq!(one.next(SURE), Next::Send(Key::Next, 4));
    let early = format!("{}{}{}{}{}", page(21, 40), bar(21, 40, 130), page(41, 60), bar(41, 60, 130), page(61, 70));
    one.take(early.as_bytes());
    assert_eq!(one.next(QUICK), Next::Send(Key::Next, 2));
    let last: String = [(71, 80), (81, 100), (101, 120), (121, 130)]
        .map(|(first, last)| format!("{}{}", page(first, last), bar(if first == 71 { 61 } else { first }, last, 130)))
        .concat();
    one.take(last.as_bytes());
    assert_eq!(one.next(QUICK), Next::Send(Key::Quit, 1), "seven pages, six keys");
    one.take(b"\r\nadmin:");
    assert_eq!(one.next(SURE), Next::Done);
    let text = page(1, 130).replace('\r', "");
    let viewed = assembled(one, text.len() as u64);
    assert_eq!((viewed.bytes == text.as_bytes(), viewed.complete), (true, true));
}

#[test]
fn keys_that_the_viewer_threw_away_are_sent_again_one_by_one() {
    let mut one = exchange("file view x", Kind::File(None));
    one.take(format!("file view x\r\n\r\n{}{}", page(1, 20), bar(1, 20, 80)).as_bytes());
    assert_eq!(one.next(SURE), Next::Send(Key::Next, 3));
    one.take(format!("{}{}nn", page(21, 40), bar(21, 40, 80)).as_bytes());
    assert_eq!((one.next(QUICK), one.next(SURE)), (Next::Wait, Next::Wait), "a terminal may even show them");
    assert_eq!(one.next(UNSURE), Next::Send(Key::Next, 1));
    one.take(format!("{}{}", page(41, 60), bar(41, 60, 80)).as_bytes());
    assert_eq!((one.next(QUICK), one.habits.ahead), (Next::Send(Key::Next, 1), 1));
}

#[test]
fn a_last_page_that_is_shown_twice_is_left_once() {
    let mut one = exchange("file view x", Kind::File(None));
    one.take(format!("file view x\r\n\r\na\r\n{}", bar(1, 1, 1)).as_bytes());
    assert_eq!(one.next(SURE), Next::Send(Key::Quit, 1));
    one.take(bar(1, 1, 1).as_bytes());
    assert_eq!((one.next(QUICK), one.next(UNSURE)), (Next::Wait, Next::Wait));
    one.take(b"admin:");
    assert_eq!(one.next(SURE), Next::Done);
    assert!(assembled(one, 2).complete);
}

#[test]
fn a_line_of_a_file_like_the_prompt_or_the_pager_is_the_files() {
    let mut one = exchange("file view x", Kind::File(Some(600)));
    one.take(b"file view x\r\nadmin:");
    one.take(b"\r\noptions: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 40) : ");
    assert_eq!((one.next(PLAIN), one.next(UNSURE)), (Next::Wait, Next::Wait), "20 lines were not shown");
    one.take(b"more\r\nadmin:");
    assert_eq!(one.next(QUICK), Next::Wait);
    one.take(b"\r\nPress <enter> for 1 line, <space> for one page, or <q> to quit");
    assert_eq!(one.next(PLAIN), Next::Wait, "it is not in bold");
}

#[test]
fn a_question_is_answered_with_no_and_enter_only_where_needed() {
    let mut one = exchange("file view x", Kind::File(None));
    one.take(b"file view x\r\nThis may take long\r\nContinue (y/n)?");
    assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Send(Key::No, 1)));
    one.take(b"n");
    assert_eq!((one.next(QUICK), one.next(LONG)), (Next::Wait, Next::Send(Key::Enter, 1)));
    one.take(b"\r\nadmin:");
    assert_eq!(one.next(LONG), Next::Done);
    assert_eq!(one.finish().asked.as_deref(), Some("Continue (y/n)?"));
}

#[test]
fn a_no_that_lands_at_the_prompt_ends_it_all() {
    let mut one = exchange("show status", Kind::Text);
    one.take(b"show status\r\nReady?");
    assert_eq!(one.next(LONG), Next::Send(Key::No, 1));
    one.take(b"\r\nadmin:n");
    assert_eq!(one.next(QUICK), Next::Stuck);
}

#[test]
fn a_node_that_does_not_echo_is_waited_for_twice_and_then_no_more() {
    let mut habits = Habits::new(Prompt::of(b"admin:").unwrap());
    for (number, patience) in [UNSURE, UNSURE, SURE].into_iter().enumerate() {
        let mut one = Exchange::new("show status", habits, Kind::Text);
        one.take(b"Host Name : x\r\nadmin:");
        assert_eq!((one.next(QUICK), one.next(patience)), (Next::Wait, Next::Done), "{number}");
        habits = one.habits.clone();
        assert_eq!(one.finish().text, b"Host Name : x\r\n");
    }
}

#[test]
fn what_an_earlier_command_left_is_passed_over_to_the_echo() {
    let mut one = exchange("show status", Kind::Text);
    for _ in 0..200 {
        one.take("25 Jul 2019 |a line of an earlier trace\r\n".repeat(20).as_bytes());
        assert_eq!(one.next(QUICK), Next::Wait);
    }
    one.take(b"admin:show status\r\nHost Name : x\r\nadmin:");
    assert_eq!(one.next(SURE), Next::Done);
    assert_eq!(one.finish().text, b"Host Name : x\r\n");
}

#[test]
fn a_pager_is_left_where_it_waits_and_nowhere_else() {
    let mut one = exchange("show status", Kind::Text);
    one.take(b"show status\r\na\r\n\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m");
    assert!(one.is_paging(SURE) && !one.is_paging(QUICK));
    assert_eq!(one.next(QUICK), Next::Send(Key::Page, 1));
    assert!(!one.is_paging(LONG), "the page may be the last: the prompt follows");

    let mut one = exchange("file view x", Kind::File(None));
    one.take(format!("file view x\r\n\r\n{}{}", page(1, 20), bar(1, 20, 40)).as_bytes());
    assert!(one.is_paging(SURE));
    assert_eq!(one.next(SURE), Next::Send(Key::Next, 1));
    let own_line = "options: q=quit, n=next, p=prev, b=begin, e=end (lines 1 - 20 of 40) : \r\n";
    one.take(format!("{}{own_line}{}", page(21, 39), bar(21, 40, 40)).as_bytes());
    assert_eq!(one.next(SURE), Next::Send(Key::Quit, 1));
    assert!(!one.is_paging(LONG), "it was left");
}

/// What a node may print, of which some looks like its pagers and prompts.
fn printed() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ -~\\r\\n\\x1b]{0,40}".prop_map(String::into_bytes),
        Just(b"admin:".to_vec()),
        Just(b"\r\nadmin:".to_vec()),
        Just(b"Continue (y/n)? ".to_vec()),
        Just(b"\x1b[1mPress <enter> for 1 line, <space> for one page, or <q> to quit\x1b[0m".to_vec()),
        (0_u64..50, 0_u64..50, 0_u64..90).prop_map(|(first, last, total)| bar(first, last, total).into_bytes()),
        prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    /// The keys are an enumeration, and so are the commands: whatever the node prints, it cannot have more sent, nor at
    /// its prompt any key at all, nor more keys than it has asked for.
    #[test]
    fn whatever_the_node_prints_it_gets_keys_for_what_it_asks_and_none_at_its_prompt(
        pieces in prop::collection::vec((printed(), 0_u64..7_000), 1..40), is_file in any::<bool>(),
    ) {
        let mut one = exchange("show status", if is_file { Kind::File(Some(99)) } else { Kind::Text });
        one.take(b"show status\r\n");
        let (mut keys, mut asks) = (0, 0);
        for (piece, quiet) in pieces {
            one.take(&piece);
            asks += 1;
            let waits_at_prompt = pager::press_at_end(&one.raw).is_none() && one.prompt(13).is_some();
            match one.next(Duration::from_millis(quiet)) {
                Next::Send(_, times) => {
                    prop_assert!(!waits_at_prompt);
                    keys += times as u64;
                }
                Next::Stuck => break,
                Next::Wait | Next::Done => {}
            }
        }
        prop_assert!(keys <= asks * AHEAD);
        one.finish();
    }

    /// The same twice, and no more than came: what is cut out are pagers.
    #[test]
    fn an_answer_is_the_same_twice_and_no_longer_than_what_came(
        pieces in prop::collection::vec((printed(), 0_u64..7_000), 1..40), is_file in any::<bool>(),
    ) {
        let run = || {
            let mut one = exchange("show status", if is_file { Kind::File(Some(99)) } else { Kind::Text });
            let said: Vec<_> = pieces.iter().map(|(piece, quiet)| {
                one.take(piece);
                one.next(Duration::from_millis(*quiet))
            }).collect();
            (said, one.finish())
        };
        let (said, output) = run();
        prop_assert_eq!((&said, &output), (&run().0, &run().1));
        let came: usize = pieces.iter().map(|(piece, _)| piece.len()).sum();
        let pages: usize = output.pages.iter().map(|page| page.text.len()).sum();
        prop_assert!(output.text.len() <= came && pages <= came);
    }
}

#[test]
fn a_long_answer_costs_time_by_its_length() {
    let lines = "2019-07-25 13:12:11,971 INFO  [main] a.B (C.java:1) - nothing\r\n".repeat(16);
    let question = "Continue (y/n)? and on\r\n".repeat(40);
    for (piece, kind) in [
        (lines.clone(), Kind::Text),
        (lines, Kind::File(Some(1 << 40))),
        (question, Kind::Text),
        (bar(1, 20, 9_000_000), Kind::File(None)),
        ("admin:\r\n".repeat(120), Kind::Text),
        ("x".repeat(1_024), Kind::File(None)),
        ("\x1b[1m".repeat(256), Kind::File(None)),
    ] {
        let mut one = exchange("show status", kind);
        let mut quarter = || {
            let begin = std::time::Instant::now();
            for _ in 0..128 {
                one.take(piece.as_bytes());
                one.next(QUICK);
            }
            begin.elapsed()
        };
        let (first, _, _, last) = (quarter(), quarter(), quarter(), quarter());
        // By the square of its length the last takes seven times as long as the first; a busy machine, twice.
        assert!(last < 4 * first + Duration::from_millis(500), "{piece:.20}: {first:?}, then {last:?}");
    }
}
