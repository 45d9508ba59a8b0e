{{ kept(ref('judged_returns')) }}
