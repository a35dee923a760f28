//! Frequent words that carry grammar, not meaning. Words that are names or nouns in another of
//! these languages are left out.

/// Configurations of text search, and function words of each.
pub(crate) const FUNCTION_WORDS: &[(&str, &str)] = &[
    (
        "danish",
        "og at det som på de den med har ikke er til jeg vi han hun kan skal hvor hvad hvem hvornår hvordan hvorfor hvilken hvilke hvilket hvis af fra \
         eller efter ved om nogen noget nogle denne dette disse der men havde være blev bliver vil ville kunne skulle må måtte også kun mellem under over \
         mod inden uden både mig dig sig os jer dem min mit mine din dit dine sin sit sine hans hendes deres vores jeres alle meget mange mere",
    ),
    (
        "dutch",
        "de het een en van ik te dat die in niet zijn is was op aan met als voor had er maar om hem dan zou of wat mijn men dit zo door over ze zich bij ook \
         tot je mij uit der daar haar naar heb hoe heeft hebben deze u want nog zal me zij nu geen omdat iets worden toch al waren veel meer doen moet \
         zonder kan hun dus alles onder werd wie waar wanneer waarom welke welk hoeveel kunnen mag wij wordt",
    ),
    (
        "english",
        "the of and to in is are was were be been being it its that this these those which who whom whose what when where why how do does did doing done \
         has have had for with by from on at as an or not no can could may might must shall should will would there their they them he she his her we our \
         you your my i if than then into about after before between during under over such any each more most many much some only other",
    ),
    (
        "finnish",
        "ja on ei se että oli mutta olla joka mitä missä milloin miten miksi kuka ketkä mikä mitkä kuinka minä sinä hän me te he tämä tuo nämä ovat olen \
         olet olemme olette voi voiko voin saa saako pitää pitäisi täytyy niin kuin kun jos tai sekä eikä en et emme ette eivät minun sinun hänen meidän \
         teidän heidän sen siitä siinä siihen tässä tähän myös vain ennen jälkeen kanssa ilman mukaan onko ollut olisi",
    ),
    (
        "french",
        "le la les un une des du de et est sont était dans que qui quoi quand où comment pourquoi quel quelle quels quelles pour par sur avec sans sous ne \
         pas plus ce cet cette ces il elle ils elles je tu nous vous on au aux en se sa son ses leur leurs mon ma mes notre nos votre vos a ont avoir être \
         fait faut peut doit mais ou donc car si combien entre après avant lors été à",
    ),
    (
        "german",
        "der die das den dem des ein eine einen einem einer eines und ist sind war waren wird werden wurde wurden nicht mit von zu zum zur für auf im in an \
         am als auch bei bis aus nach über unter vor zwischen ich du er sie es wir ihr mich dich uns euch sich mein meine dein sein seine ihre unser wie wer \
         wo wann warum was welche welcher welches wieviel wenn dass weil oder aber kann können muss müssen darf dürfen soll sollen hat haben hatte noch nur",
    ),
    (
        "italian",
        "il lo la i gli le un uno una di del dello della dei degli delle a al allo alla ai agli alle da dal dalla in nel nello nella con su sul sulla per tra \
         fra e è sono era erano che chi cosa come dove quando perché quale quali quanto quanti non si ci ne mi ti vi io tu lui lei noi voi loro mio tuo suo \
         nostro vostro questo questa quello quella ha hanno avere essere può deve ma o se anche più",
    ),
    (
        "norwegian",
        "og at det som på de den med har ikke er til jeg vi han hun kan skal hvor hva hvem når hvordan hvorfor hvilken hvilke hvilket hvis av fra eller etter \
         ved om noen noe denne dette disse der men hadde være ble blir vil ville kunne skulle må måtte også bare mellom under over mot innen uten både meg \
         deg seg oss dere dem min mitt mine din ditt dine sin sitt sine hans hennes deres vår vårt våre alle mye mange mer",
    ),
    (
        "portuguese",
        "o a os as um uma uns umas de do da dos das em no na nos nas por pelo pela para com sem sob sobre que quem qual quais quando onde como porque quanto \
         quantos e é são era eram foi foram não se me te lhe nós eu tu ele ela eles elas você vocês meu minha teu sua seu nosso nossa este esta esse essa \
         isto isso aquele aquela ou mas também mais muito há tem têm ter ser está estão pode deve ao aos à às",
    ),
    (
        "spanish",
        "el la los las un una unos unas de del al a en por para con sin sobre que qué quien quién cual cuál cuando cuándo donde dónde como cómo porque cuánto \
         cuántos y e es son era eran fue fueron no se me te le les nos yo tú él ella nosotros ellos usted ustedes mi mis tu su sus nuestro este esta esto ese \
         esa eso aquel o u pero también más muy hay ha han haber ser está están puede debe tiene entre desde hasta",
    ),
    (
        "swedish",
        "och att det som på de den med har inte är till jag vi han hon kan ska skall var när vad vem vilka hur varför vilken vilket vart varifrån om av från \
         eller efter vid någon något några denna detta dessa där här men hade vara blev blir vill ville kunde skulle måste får fick också bara mellan under \
         över mot innan utan både mig dig sig oss er dem min mitt mina din ditt dina sin sitt sina hans hennes deras vår vårt våra alla mycket många mer ett \
         för finns gäller varit blivit så då nu än man sedan enligt genom samt",
    ),
];
