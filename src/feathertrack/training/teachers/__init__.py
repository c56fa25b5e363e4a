"""Teachers that are files of other people: one file per teacher, which says how it is asked."""
