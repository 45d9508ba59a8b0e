{{ refused(ref('judged_consents')) }}
