use std::net::{IpAddr, Ipv4Addr};

use mxcp_runtime::ports::Party;
use rmcp::ErrorData;
use rmcp::model::{CallToolResult, ContentBlock};

use super::super::job::Lifetime;
use super::*;
use crate::asking::Within;

fn tasks(each: usize, all: usize, bytes: usize) -> Tasks {
    Tasks { bounds: Bounds { each, all, bytes }, ..Tasks::new() }
}

const LIFETIME: Lifetime =
    Lifetime { longest: Some(Duration::from_secs(100)), kept: Duration::from_secs(60) };

fn job(party: &Party) -> Arc<Job> {
    Job::new(None, party.clone(), Arc::new(Within::nobody()), LIFETIME).unwrap()
}

fn at(last: u8) -> Party {
    Party::at(IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)))
}

fn text(length: usize) -> CallToolResult {
    CallToolResult::success(vec![ContentBlock::text("x".repeat(length))])
}

#[tokio::test]
async fn tasks_are_counted_for_each_and_for_all() {
    let tasks = tasks(2, 3, 1000);
    let first = tasks.admit(job(&at(1))).unwrap();
    assert!(tasks.admit(job(&at(1))).is_some());
    assert!(tasks.admit(job(&at(1))).is_none(), "one party has two");
    assert!(tasks.admit(job(&at(2))).is_some());
    assert!(tasks.admit(job(&at(3))).is_none(), "all have three");
    tasks.forget(first.id());
    assert!(tasks.admit(job(&at(1))).is_some());
}

#[tokio::test]
async fn results_that_are_kept_are_bounded() {
    let tasks = tasks(10, 10, 1000);
    let first = tasks.admit(job(&at(1))).unwrap();
    first.end(Ok(text(2000).into()), false);
    assert!(tasks.admit(job(&at(1))).is_none());
    tasks.forget(first.id());
    assert!(tasks.admit(job(&at(1))).is_some());
}

#[tokio::test]
async fn a_task_is_found_by_its_owner_only() {
    let tasks = tasks(10, 10, 1000);
    let ada = Some(("corp".to_owned(), "ada".to_owned()));
    let job = Job::new(ada.clone(), Party::Local, Arc::new(Within::nobody()), LIFETIME).unwrap();
    let id = tasks.admit(job).unwrap().id().to_owned();
    assert!(tasks.find(&id, &ada).is_some());
    assert!(tasks.find(&id, &Some(("corp".to_owned(), "bob".to_owned()))).is_none());
    assert!(tasks.find(&id, &Some(("other".to_owned(), "ada".to_owned()))).is_none());
    assert!(tasks.find(&id, &None).is_none());
}

#[tokio::test]
async fn a_result_is_kept_for_as_long_as_was_said() {
    let job = job(&at(1));
    let said = job.task().ttl_ms;
    assert_eq!(said, Some(160_000));
    job.end(Err(ErrorData::internal_error("no", None)), false);
    assert_eq!(job.task().ttl_ms, said, "it ended early, and is not kept for less");
    assert!(job.kept_for() > LIFETIME.kept);
    let unlimited = Lifetime { longest: None, ..LIFETIME };
    let job = Job::new(None, Party::Local, Arc::new(Within::nobody()), unlimited).unwrap();
    assert_eq!(job.task().ttl_ms, None);
    job.end(Err(ErrorData::internal_error("no", None)), false);
    assert!(job.task().ttl_ms >= Some(60_000));
}

#[tokio::test]
async fn a_result_is_forgotten_when_its_time_has_come() {
    let tasks = tasks(10, 10, 1000);
    let at_once = Lifetime { longest: None, kept: Duration::ZERO };
    let job = Job::new(None, Party::Local, Arc::new(Within::nobody()), at_once).unwrap();
    let job = tasks.admit(job).unwrap();
    job.end(Err(ErrorData::internal_error("no", None)), false);
    tasks.forget_later(job);
    while !tasks.are_none() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn tasks_that_run_are_waited_for_and_taken_back_in_the_end() {
    let tasks = tasks(10, 10, 1000);
    let job = tasks.admit(job(&at(1))).unwrap();
    let running = Arc::clone(&job);
    tasks.spawn(async move {
        running.cancel().cancelled().await;
        running.end(Err(ErrorData::internal_error("cancelled", None)), true);
    });
    assert!(timeout(Duration::from_millis(10), tasks.finished()).await.is_err());
    tasks.stop(Duration::from_secs(60)).await;
    assert_eq!(job.task().status, rmcp::model::TaskStatus::Cancelled);
    tasks.finished().await;
}
