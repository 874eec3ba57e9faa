"""Who may do what, as pure functions over plain values: vocabulary, tree, policy, visibility. No I/O."""
