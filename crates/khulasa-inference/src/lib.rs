//! Local language models on candle.
