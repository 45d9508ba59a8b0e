{{ kept(ref('judged_consents')) }}
