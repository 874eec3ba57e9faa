"""One module a step, named by its revision. A step that was released is never edited; there is no way back down."""
