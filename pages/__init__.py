"""Everything that imports Streamlit; one file a page, what they share in `common`."""
