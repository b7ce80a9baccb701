# Word errors: insertions, deletions and substitutions, the fewest that turn what was heard into what was said.
# Lines "SAID<TAB>HEARD"; prints "errors words". Case, punctuation and numbers of pronunciations don't count.
function words(text, list) {
    text = tolower(text)
    gsub(/\([0-9]+\)/, "", text)
    gsub(/[^a-z' ]/, " ", text)
    return split(text, list, " ")
}
BEGIN { FS = "\t" }
{
    said = words($1, a)
    heard = words($2, b)
    for (j = 0; j <= heard; j++) row[j] = j
    for (i = 1; i <= said; i++) {
        diagonal = row[0]
        row[0] = i
        for (j = 1; j <= heard; j++) {
            best = diagonal + (a[i] != b[j])
            if (row[j] + 1 < best) best = row[j] + 1
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1
            diagonal = row[j]
            row[j] = best
        }
    }
    errors += row[heard]
    total += said
}
END { print errors + 0, total + 0 }
