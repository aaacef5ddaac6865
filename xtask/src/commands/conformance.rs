pub(crate) fn run(_: &crate::workspace::Workspace, _: crate::arguments::Arguments) -> anyhow::Result<()> {
    Ok(())
}
